"""The vocabulary of a run, with counts and phrases: fitted on the training text alone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from apps.word_analogies.corpus.counting import WordCounts, count_words
from apps.word_analogies.corpus.phrases import Phrases, find_phrases
from shared.errors import BundleError, ConfigError
from shared.files import write_text
from shared.progress import progress_line
from shared.text.words import UNKNOWN_ID, Vocabulary

if TYPE_CHECKING:
    from apps.word_analogies.config import TextConfig
    from apps.word_analogies.corpus.files import Corpus

VOCABULARY_FILE, COUNTS_FILE, PHRASES_FILE = "vocabulary.txt", "counts.txt", "phrases.txt"
# The rows of the network before those of words: padding and the unknown word.
FIRST_ID = UNKNOWN_ID + 1


@dataclass(frozen=True)
class WordList:
    """The words of a run, most frequent first.

    Args:
        words: V distinct words.
        counts: int64 (V,), how often each was seen.
        phrases: the pairs of words that are joined before anything else.
        lower: whether words were made lower-case, so those of a query are too.
        total_words: words of the text, those that were not kept included; 0 where unknown.
    """

    words: tuple[str, ...] = field(repr=False)
    counts: np.ndarray = field(repr=False)
    phrases: Phrases = field(default_factory=lambda: Phrases(()), repr=False)
    lower: bool = True
    total_words: int = 0

    @classmethod
    def fit(
        cls, corpus: "Corpus", config: "TextConfig", *, start: "WordList | None" = None
    ) -> "WordList":
        """Finds phrases and counts words.

        Args:
            corpus: the training text.
            config: which words are kept.
            start: of a run to go on from; its words stay, its counts are added, and its phrases
                are those of the new run.

        Raises:
            ConfigError: the new run treats case or phrases otherwise than the one it goes on from.
            DataError: fewer than two words remain.
        """
        if start is None:
            with progress_line("finding phrases", total=None, unit="words") as progress:
                phrases = find_phrases(
                    corpus.sentences,
                    passes=config.phrase_passes,
                    threshold=config.phrase_threshold,
                    progress=progress,
                )
        else:
            _check_start(start, config)
            phrases = start.phrases
        with progress_line("counting", total=None, unit="words") as progress:
            found = count_words(
                phrases.join(corpus.sentences()),
                min_count=config.min_count,
                max_words=config.max_words,
                progress=progress,
            )
        words, counts = (found.words, found.counts) if start is None else _merged(found, start)
        return cls(words, counts, phrases, config.lower, found.total_words)

    def __len__(self) -> int:
        return len(self.words)

    @property
    def vocabulary(self) -> Vocabulary:
        """The words with the ids the network knows them by."""
        return Vocabulary(self.words)

    def sentences(self, corpus: "Corpus") -> Iterator[list[str]]:
        """Yields the sentences of a text with their phrases joined."""
        return self.phrases.join(corpus.sentences())

    def save(self, folder: Path) -> None:
        """Writes vocabulary.txt, counts.txt (a number a word) and phrases.txt."""
        self.vocabulary.save(folder / VOCABULARY_FILE)
        head = f"total_words {self.total_words}\nlower {int(self.lower)}\n"
        write_text(folder / COUNTS_FILE, head + "".join(f"{count}\n" for count in self.counts))
        self.phrases.save(folder / PHRASES_FILE)

    @classmethod
    def load(cls, folder: Path) -> "WordList":
        """Reads what `save` wrote.

        Raises:
            BundleError: a file is missing or damaged.
        """
        words = Vocabulary.load(folder / VOCABULARY_FILE).words[FIRST_ID:]
        try:
            total, lower, *lines = (folder / COUNTS_FILE).read_text(encoding="utf-8").splitlines()
            counts = np.array([int(line) for line in lines], np.int64)
            if len(counts) != len(words):
                raise ValueError(f"{len(counts)} counts for {len(words)} words")
            return cls(
                words,
                counts,
                Phrases.load(folder / PHRASES_FILE),
                bool(int(lower.removeprefix("lower "))),
                int(total.removeprefix("total_words ")),
            )
        except (OSError, ValueError) as error:
            raise BundleError(
                f"Expected the counts of the vocabulary in {folder / COUNTS_FILE}, received: "
                f"{error}; restore the run folder from a copy or train again."
            ) from None


def _check_start(start: WordList, config: "TextConfig") -> None:
    if start.lower != config.lower:
        right = "lower" if start.lower else "no-lower"
        raise ConfigError(
            f"Expected --text.{right}, as in the run to start from, whose words are "
            f"{'lower-case' if start.lower else 'of both cases'}."
        )
    if config.phrase_passes:
        raise ConfigError(
            "Expected text.phrase_passes 0 together with vectors.start: the phrases are those of "
            "the run to start from."
        )


def _merged(found: WordCounts, start: WordList) -> tuple[tuple[str, ...], np.ndarray]:
    """Joins the words of a text to earlier ones, in the order of their summed counts."""
    counts = dict(zip(start.words, start.counts.tolist(), strict=True))
    for word, count in zip(found.words, found.counts.tolist(), strict=True):
        counts[word] = counts.get(word, 0) + count
    # Equal counts stay in the order in which they were known.
    words = sorted(counts, key=lambda word: -counts[word])
    return tuple(words), np.array([counts[word] for word in words], np.int64)
