"""Word vectors as words and a matrix: what trainers make and everything else reads.

Evaluation, audit, pictures and the file formats all take this one object, so they work as well on
vectors that were trained elsewhere; numpy only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from shared.errors import DataError, nearest

if TYPE_CHECKING:
    from shared.bundle import Bundle


@dataclass(frozen=True)
class WordVectors:
    """V words with a vector each, the most frequent word first.

    Args:
        words: distinct words.
        matrix: float32 (V, D), as trained; not normalised.
        counts: int64 (V,), how often each word was seen; None where nobody knows.

    Raises:
        DataError: not one finite row a word, or a word twice.

    Example:
    >>> vectors = WordVectors(("king", "queen"), np.array([[3, 4], [0, 2]], np.float32))
    >>> vectors.ids(["queen", "KING", "knight"]), vectors.unit[0].tolist()
    ([1, None, None], [0.6000000238418579, 0.800000011920929])
    """

    words: tuple[str, ...]
    matrix: np.ndarray
    counts: np.ndarray | None = None

    def __post_init__(self) -> None:
        if self.matrix.ndim != 2 or len(self.words) != len(self.matrix):
            raise DataError(
                f"Expected one row of numbers for each of {len(self.words)} words, received an "
                f"array of shape {self.matrix.shape}."
            )
        if not np.isfinite(self.matrix).all():
            bad = np.flatnonzero(~np.isfinite(self.matrix).all(axis=1))
            raise DataError(
                f"Expected finite numbers, received NaN or infinity for {len(bad)} words, the "
                f"first of them {self.words[bad[0]]!r}; get the vectors again."
            )
        if len(self.index) != len(self.words):
            raise DataError(
                f"Expected distinct words, received {len(self.words) - len(self.index)} repeated."
            )

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return word in self.index

    @property
    def size(self) -> int:
        """D, the numbers of a vector."""
        return int(self.matrix.shape[1])

    @cached_property
    def index(self) -> dict[str, int]:
        """The row of each word."""
        return {word: row for row, word in enumerate(self.words)}

    @cached_property
    def unit(self) -> np.ndarray:
        """The rows at length 1, float32 (V, D); a row of zeros stays one."""
        norms = np.linalg.norm(self.matrix, axis=1, keepdims=True)
        return (self.matrix / np.where(norms == 0, 1, norms)).astype(np.float32, copy=False)

    def ids(self, words: Iterable[str]) -> list[int | None]:
        """Returns the row of each word; None for an unknown one."""
        return [self.index.get(word) for word in words]

    def __getitem__(self, word: str) -> np.ndarray:
        """Returns the vector of a word, float32 (D,).

        Raises:
            DataError: it is unknown; near names are offered.
        """
        if word not in self.index:
            raise DataError(f"Expected a known word, received {word!r}.{self.near(word)}")
        return self.matrix[self.index[word]]

    def near(self, word: str) -> str:
        """Returns a hint with the known word most like an unknown one, or ""."""
        return near(word, self.words)

    def limited(self, size: int | None) -> "WordVectors":
        """Returns the vectors of the `size` most frequent words; of all for None."""
        if size is None or size >= len(self):
            return self
        counts = None if self.counts is None else self.counts[:size]
        return WordVectors(self.words[:size], self.matrix[:size], counts)

    def replaced(self, matrix: np.ndarray) -> "WordVectors":
        """Returns the same words with another matrix (V, D')."""
        return WordVectors(self.words, matrix.astype(np.float32, copy=False), self.counts)

    def __repr__(self) -> str:
        return f"WordVectors({len(self)} words, {self.size} numbers each)"


def near(word: str, words: Sequence[str], *, among: int = 50_000) -> str:
    """Returns a hint with the word most like an unknown one, or "".

    Args:
        word: the unknown word.
        words: the known ones, the most frequent first.
        among: how many of them are looked at.
    """
    # An over-long word is like nothing, and comparing it would take long.
    hint = nearest(word.lower(), words[:among]) if len(word) < 50 else ""
    return hint if "mean" in hint else ""


def vectors_of_bundle(bundle: "Bundle") -> WordVectors:
    """Returns the vectors of a run, as they were trained."""
    from apps.word_analogies.model import get_vectors

    words = bundle.preprocessing
    return WordVectors(words.words, get_vectors(bundle.model), words.counts)


def rows(vectors: WordVectors, words: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Splits words into the rows of the known ones, int64 (n,), and the unknown ones."""
    found = vectors.ids(words)
    known = [row for row in found if row is not None]
    unknown = [word for word, row in zip(words, found, strict=True) if row is None]
    return np.array(known, np.int64), unknown
