"""word_analogies: word vectors from raw text, what they know, and an audit of their bias."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.word_analogies.config import PRESETS, WordAnalogiesConfig
from shared.app import App, Splits, Verb

if TYPE_CHECKING:
    import keras
    import numpy as np

    from apps.word_analogies.corpus.files import Corpus
    from apps.word_analogies.preprocessing import WordList
    from apps.word_analogies.query import Query
    from apps.word_analogies.testsets import TestSet
    from shared.bundle import Bundle
    from shared.export.served import Served


class WordAnalogies(App):
    """Word vectors by word2vec (Mikolov et al. 2013, arXiv:1301.3781 and arXiv:1310.4546)."""

    name = "word_analogies"
    summary = "Learn word vectors from text: king - man + woman, neighbours, and their bias."
    config_class = WordAnalogiesConfig
    presets = PRESETS
    item_help = (
        '"king - man + woman", "king" for its neighbours, "king ~ queen" for a similarity, or '
        '"breakfast, cereal, dinner" for the odd one out'
    )

    def sample(self) -> tuple[WordAnalogiesConfig, Splits]:
        """Returns seeded text with planted relations, and settings that learn them."""
        config = PRESETS["smoke"]
        return config, self.load_data(config)

    def load_data(self, config: WordAnalogiesConfig) -> Splits:
        """Opens text and test sets; the text is read when it is needed."""
        from apps.word_analogies.data import Tokeniser, load_text

        text = config.text
        tokeniser = Tokeniser(
            split=text.split, lower=text.lower, numbers=text.numbers, ends=text.ends
        )
        return load_text(
            config.data,
            tokeniser=tokeniser,
            questions=config.questions,
            seed=config.seed,
            data_dir=config.data_dir,
            download=config.download,
        )

    def load_test_data(self, config: WordAnalogiesConfig) -> Splits:
        """Reads a test set: vectors are not scored on text."""
        from apps.word_analogies.data import load_test_text

        return self.load_data(config) if config.data == "sample" else load_test_text(config.data)

    def fit_preprocessing(self, config: WordAnalogiesConfig, train: "Corpus") -> "WordList":  # type: ignore[override]
        """Finds phrases and counts the words of the training text."""
        from apps.word_analogies.preprocessing import WordList
        from shared.bundle import load_of

        start = config.vectors.start
        before = load_of(self, start).preprocessing if start else None
        return WordList.fit(train, config.text, start=before)

    def load_preprocessing(self, config: WordAnalogiesConfig, folder: Path) -> "WordList":
        """Reads the vocabulary of a bundle."""
        from apps.word_analogies.preprocessing import WordList

        return WordList.load(folder)

    def build_model(self, config: WordAnalogiesConfig, preprocessing: "WordList") -> "keras.Model":
        """Builds the table of vectors and the search in it."""
        from apps.word_analogies.model import build_query_model

        return build_query_model(
            words=len(preprocessing), vector_size=config.vectors.size, answers=config.answers
        )

    def train(
        self, config: WordAnalogiesConfig, run_dir: Path, *, resume: bool = False
    ) -> "Bundle":
        """Counts the words, writes the text as ids, trains, and scores the vectors."""
        from apps.word_analogies.training import train

        return train(self, config, run_dir, resume=resume)

    def evaluate(self, bundle: "Bundle", examples: "Sequence[TestSet]") -> dict[str, float]:
        """Returns accuracy and coverage on analogies, and rank correlation on word pairs."""
        from apps.word_analogies.evaluation.scores import score_all
        from apps.word_analogies.vectors import vectors_of_bundle

        return score_all(vectors_of_bundle(bundle), examples)

    def parse(self, raw: Any) -> "Query":
        """Reads a sum of words, a pair, or a list with an odd one out."""
        from apps.word_analogies.query import parse_query

        return parse_query(raw)

    def infer(self, bundle: "Bundle", items: "Sequence[Query]") -> "dict[str, np.ndarray]":
        """Looks the words up and searches the table."""
        from apps.word_analogies.answer import answer

        return answer(bundle, items)

    def requests(self, items: "Sequence[Query]") -> "dict[str, np.ndarray]":
        """Returns each query as one line."""
        import numpy as np

        return {"query": np.array([item.text.encode() for item in items], dtype=object)}

    def results(
        self, items: "Sequence[Query]", outputs: "Mapping[str, np.ndarray]"
    ) -> list[dict[str, Any]]:
        """Gives the nearest word and its neighbours, the similarity, or the odd one out."""
        from apps.word_analogies.answer import readable

        return readable(items, outputs)

    def remark(self, bundle: "Bundle", result: dict[str, Any]) -> dict[str, Any]:
        """Offers a near name for a word that is not in the vocabulary."""
        from apps.word_analogies.answer import with_near_names

        return with_near_names(bundle, result)

    def examples(self, bundle: "Bundle") -> "list[Query]":
        """Returns queries of all kinds and lengths in words of the vocabulary."""
        from apps.word_analogies.query import example_queries

        return example_queries(bundle.preprocessing.words)

    def signatures(self, bundle: "Bundle") -> "Served":
        """Returns words in, words and similarities out, and the numeric signature below."""
        from apps.word_analogies.serving import build_served

        return build_served(bundle)

    def details(self, result: Mapping[str, Any]) -> list[str]:
        """Lists the words behind the answer."""
        from apps.word_analogies.answer import word_lines

        return word_lines(result)

    def verbs(self) -> Mapping[str, Verb]:
        """Returns audit, picture, import-vectors and export-vectors."""
        from apps.word_analogies.verbs import VERBS

        return VERBS
