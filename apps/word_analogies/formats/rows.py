"""What the readers of all formats share: the header, the rows read so far, and the words refused.

A file of vectors may be of any size and say anything of itself. Memory is therefore taken as
numbers arrive, never because a header promises them.
"""

import re
from dataclasses import dataclass

import numpy as np

from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError

# The widest published vectors have some thousand numbers.
MAX_SIZE = 65_536
BLOCK_ROWS = 4096


@dataclass(frozen=True)
class Header:
    """The first line of word2vec's formats: how many words, and numbers in each."""

    words: int
    size: int


def header_of(line: str) -> Header | None:
    """Reads a first line "WORDS SIZE"; None when it is something else.

    Example:
    >>> header_of("400000 300"), header_of("the 0.1 0.2")
    (Header(words=400000, size=300), None)

    Raises:
        DataError: the numbers cannot be true.
    """
    found = re.fullmatch(r"([0-9]{1,15}) ([0-9]{1,15})\s*", line)
    if not found:
        return None
    header = Header(int(found[1]), int(found[2]))
    if not header.words or not 0 < header.size <= MAX_SIZE:
        raise DataError(
            f"Expected a header with at least one word and 1 to {MAX_SIZE} numbers each, received "
            f"{header.words} words of {header.size} numbers; get the vectors again."
        )
    return header


class Rows:
    """Words and their numbers, as a reader finds them.

    Args:
        label: the file, for messages.
        size: D, numbers of a vector.
    """

    def __init__(self, label: str, size: int) -> None:
        self._label, self._size = label, size
        self._words: list[str] = []
        self._seen: set[str] = set()
        self._repeated: list[str] = []
        self._blocks: list[np.ndarray] = []

    def __len__(self) -> int:
        return len(self._words)

    def add(self, word: str, numbers: np.ndarray) -> None:
        """Takes a word and its numbers (D,)."""
        place = len(self._words) % BLOCK_ROWS
        if place == 0:
            self._blocks.append(np.empty((BLOCK_ROWS, self._size), np.float32))
        self._blocks[-1][place] = numbers
        if word in self._seen:
            self._repeated.append(word)
        self._seen.add(word)
        self._words.append(word)

    def vectors(self, header: Header | None = None, *, limit: int | None = None) -> WordVectors:
        """Returns what was read.

        Args:
            header: what the file says of itself.
            limit: how many words were wanted at most.

        Raises:
            DataError: nothing was read, a word came twice, a number is not finite, or the
                header promised more words.
        """
        if header and len(self) < min(header.words, limit or header.words):
            raise DataError(
                f"Expected {header.words} words in {self._label}, as its header says, received "
                f"{len(self)}; it was cut, get it again."
            )
        if not self._words:
            raise DataError(f"Expected word vectors in {self._label}, received none.")
        if self._repeated:
            raise DataError(
                f"Expected each word of {self._label} once, received {len(self._repeated)} "
                f"repeated, the first of them {self._repeated[0]!r}; remove them or get it again."
            )
        matrix = np.empty((len(self), self._size), np.float32)
        self._seen.clear()
        # Each block goes before the next is copied, so that the matrix is never there twice.
        self._blocks.reverse()
        for start in range(0, len(self), BLOCK_ROWS):
            rows = matrix[start : start + BLOCK_ROWS]
            rows[:] = self._blocks.pop()[: len(rows)]
        return WordVectors(tuple(self._words), matrix)


def check_words(vectors: WordVectors, *, refused: str, form: str) -> None:
    """Checks that a format can hold the words.

    Args:
        vectors: what is to be written.
        refused: characters that mean something else in the format.
        form: its name, for the message.

    Raises:
        DataError: words are empty, hold such a character, or are no Unicode text.
    """
    unfit = re.compile(f"[{re.escape(refused)}\ud800-\udfff]")
    bad = [word for word in vectors.words if not word or unfit.search(word)]
    if bad:
        raise DataError(
            f"Expected words without white space for the format {form}, received {len(bad)} "
            f"others, the first of them {bad[0]!r}; rename or leave them out."
        )
