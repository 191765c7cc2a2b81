"""Where text and test sets come from: files, archives, gensim's, TFDS, and a sample of our own.

The app asks `load_text` for its splits. The training part is a `Corpus`, whose items are files
and which is read as a stream; validation and test parts are test sets: questions "a is to b as c
is to d", and word pairs with a similarity.
"""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.word_analogies.corpus.files import GENSIM, Corpus, CorpusFile, open_corpus
from apps.word_analogies.corpus.sample import sample_questions, sample_sentences
from apps.word_analogies.corpus.tokens import Tokeniser
from shared.app import Splits
from shared.data.catalogue import PREFIX, CataloguePart, read_catalogue
from shared.errors import DataError

if TYPE_CHECKING:
    from apps.word_analogies.testsets import TestSet

__all__ = ["Corpus", "CorpusFile", "Tokeniser", "load_text", "open_corpus"]

SAMPLE = "sample"
TEXT_FIELD = "text"
STANDARD = ("gensim:questions-words.txt", "gensim:simlex999.txt", "gensim:wordsim353.tsv")


def load_text(
    source: str,
    *,
    tokeniser: Tokeniser | None = None,
    questions: Sequence[str] = (),
    seed: int = 0,
    data_dir: Path | None = None,
    download: bool = False,
) -> Splits:
    """Opens text to train on and test sets to choose by, or a test set alone.

    Args:
        source: path of text (see `open_corpus`) or of a test set, "gensim:NAME" for either of
            what comes with gensim, "tfds:NAME" with a field "text", or "sample".
        tokeniser: cuts the text into words; the usual one by default.
        questions: test sets, each a path or "gensim:NAME"; () takes the planted relations for
            the sample, and for other text those that come with gensim (`STANDARD`).
        seed: of the sample.
        data_dir: where "tfds:NAME" lies.
        download: lets "tfds:NAME" be fetched.

    Returns:
        the splits. Of text, train is the corpus, and validation holds the test sets. Of a test
        set, train is empty, and validation and test are this set. The info has "source" and
        "parts" (name, split, sha256, examples); a corpus has an example a file.

    Raises:
        DataError: a source cannot be read, or is neither text nor a test set.
    """
    if not _generated(source):
        from apps.word_analogies.formats import looks_like_vectors
        from apps.word_analogies.testsets import recognise

        alone = recognise(source)
        if alone is not None:
            return _alone(source, alone)
        if not source.startswith(GENSIM) and looks_like_vectors(Path(source)):
            raise DataError(
                f"Expected text to train on in {source}, received word vectors; make a run of them "
                "with import-vectors."
            )

    corpus = _corpus(source, tokeniser, seed, data_dir, download)
    sets = sets_for(source, questions)
    parts = [
        {"name": file.name, "split": "train", "sha256": file.sha256, "examples": 1}
        for file in corpus
    ]
    parts += [_part(test_set, "validation") for test_set in sets]
    return Splits(corpus, sets, (), {"source": source, "parts": parts})


def load_test_text(source: str) -> Splits:
    """Reads a test set as validation and test part.

    Raises:
        DataError: it is none.
    """
    from apps.word_analogies.testsets import load_test_set

    return _alone(source, load_test_set(source))


def _alone(source: str, test_set: "TestSet") -> Splits:
    parts = [_part(test_set, split) for split in ("validation", "test")]
    return Splits((), (test_set,), (test_set,), {"source": source, "parts": parts})


def sets_for(source: str, questions: Sequence[str] = ()) -> "tuple[TestSet, ...]":
    """Returns the test sets that vectors of a source are scored by; see `load_text`."""
    from apps.word_analogies.testsets import load_test_sets

    if questions:
        return load_test_sets(questions)
    return (_planted(),) if source == SAMPLE else standard_sets()


def standard_sets() -> "tuple[TestSet, ...]":
    """Returns the test sets that come with gensim."""
    from apps.word_analogies.testsets import load_test_sets

    return load_test_sets(STANDARD)


def _generated(source: str) -> bool:
    return source == SAMPLE or source.startswith(PREFIX)


def _corpus(
    source: str, tokeniser: Tokeniser | None, seed: int, data_dir: Path | None, download: bool
) -> Corpus:
    if source == SAMPLE:
        lines = sample_sentences(seed)
        file = CorpusFile(f"sample seed {seed}", _digest(lines))
        return Corpus([file], lambda: iter(lines), tokeniser=tokeniser)
    if source.startswith(PREFIX):
        parts = read_catalogue(source, data_dir=data_dir, download=download)
        return _catalogue_corpus(source, parts, tokeniser)
    return open_corpus(source, tokeniser=tokeniser)


def _catalogue_corpus(
    source: str, parts: list[CataloguePart], tokeniser: Tokeniser | None
) -> Corpus:
    """Takes the split "train" of a data set, or its only one."""
    chosen = [part for part in parts if part.name == "train"] or parts
    if len(chosen) != 1:
        raise DataError(
            f"Expected a split called train in {source}, received "
            f"{', '.join(part.name for part in parts) or 'none'}; give another data set."
        )
    part = chosen[0]
    first = next(part.records(), {})
    if not isinstance(first.get(TEXT_FIELD), str):
        raise DataError(
            f"Expected records with a field {TEXT_FIELD!r} in {source}, received "
            f"{', '.join(first) or 'none'}; give another data set, or a text file."
        )

    def lines() -> Iterator[str | None]:
        for record in part.records():
            yield from record[TEXT_FIELD].replace("\0", " ").splitlines()
            yield None

    return Corpus([CorpusFile(part.name, part.sha256)], lines, tokeniser=tokeniser)


def _planted() -> "TestSet":
    from apps.word_analogies.testsets import AnalogySet

    return AnalogySet(SAMPLE, sample_questions())


def _part(test_set: "TestSet", split: str) -> dict[str, Any]:
    # The digest of what it says, so that it is recognised whatever file it comes in.
    return {
        "name": test_set.name,
        "split": split,
        "sha256": test_set.sha256,
        "examples": len(test_set),
    }


def _digest(lines: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
