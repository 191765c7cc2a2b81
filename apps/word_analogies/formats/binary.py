"""word2vec's binary format: a header line, then each word, a space, and its float32 numbers.

The C tool of Mikolov et al. (2013, arXiv:1310.4546) ends each vector with a line break and gensim
does not; both are read, and gensim's form is written.
"""

from pathlib import Path
from typing import IO

import numpy as np

from apps.word_analogies.formats.rows import Header, Rows, check_words, header_of
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError
from shared.files import written_whole

CHUNK_BYTES = 2**20
MAX_WORD_BYTES = 2**12
MAX_HEADER_BYTES = 64
NUMBER = np.dtype("<f4")
WRITTEN_ROWS = 1024


def read_binary(stream: IO[bytes], *, label: str, limit: int | None = None) -> WordVectors:
    """Reads vectors in word2vec's binary format.

    Args:
        stream: bytes of the file.
        label: its name, for messages.
        limit: words to read at most; all by default.

    Raises:
        DataError: there is no header, it promises another number of words than there are, or a
            word is no text, too long or repeated, or a number is not finite.
    """
    line = stream.readline(MAX_HEADER_BYTES)
    header = header_of(line.decode("ascii", "replace"))
    if header is None or not line.endswith(b"\n"):
        raise DataError(
            f'Expected a first line "WORDS SIZE" in {label}, received {line[:40]!r}; give a file '
            "in word2vec's binary format."
        )
    rows, reader = Rows(label, header.size), _Reader(stream, label, header)
    wanted = header.words if limit is None else min(limit, header.words)
    while len(rows) < wanted and (found := reader.next_row(len(rows) + 1)):
        rows.add(*found)
    if wanted == header.words and len(rows) == wanted and reader.rest():
        raise DataError(
            f"Expected {header.words} words of {header.size} numbers in {label}, as its header "
            "says, received more bytes behind them; get it again."
        )
    return rows.vectors(header, limit=limit)


class _Reader:
    """Cuts a stream into words and their numbers; holds one chunk of it in memory."""

    def __init__(self, stream: IO[bytes], label: str, header: Header) -> None:
        self._stream, self._label = stream, label
        self._width = header.size * NUMBER.itemsize
        self._buffer, self._place = b"", 0

    def _fill(self, wanted: int) -> bool:
        """Makes so many bytes available if the stream has them."""
        while len(self._buffer) - self._place < wanted:
            chunk = self._stream.read(CHUNK_BYTES)
            if not chunk:
                return False
            self._buffer, self._place = self._buffer[self._place :] + chunk, 0
        return True

    def next_row(self, number: int) -> tuple[str, np.ndarray] | None:
        """Returns the next word and its numbers; None where the file ends."""
        self._fill(MAX_WORD_BYTES + self._width)
        end = self._buffer.find(b" ", self._place, self._place + MAX_WORD_BYTES)
        if end < 0:
            if len(self._buffer) - self._place < MAX_WORD_BYTES:
                return None
            raise DataError(
                f"Expected a word of at most {MAX_WORD_BYTES} bytes as number {number} of "
                f"{self._label}, received a longer one; the header is wrong or the file damaged."
            )
        start, stop = end + 1, end + 1 + self._width
        if len(self._buffer) < stop:
            return None
        raw = self._buffer[self._place : end].lstrip(b"\n")
        self._place = stop
        return self._word(raw, number), np.frombuffer(self._buffer[start:stop], NUMBER)

    def _word(self, raw: bytes, number: int) -> str:
        try:
            word = raw.decode("utf-8")
        except UnicodeDecodeError:
            word = ""
        if not word:
            raise DataError(
                f"Expected a word in UTF-8 as number {number} of {self._label}, received "
                f"{raw[:40]!r}; the header is wrong or the file damaged."
            )
        return word

    def rest(self) -> bool:
        """Says whether anything but line breaks follows."""
        self._fill(2)
        return bool(self._buffer[self._place :].strip(b"\n"))


def write_binary(vectors: WordVectors, path: Path) -> None:
    """Writes vectors in word2vec's binary format.

    Raises:
        DataError: a word holds a space or a line break.
    """
    check_words(vectors, refused=" \n", form="word2vec-binary")
    with written_whole(path) as file:
        file.write(f"{len(vectors)} {vectors.size}\n".encode())
        for word, row in zip(vectors.words, vectors.matrix, strict=True):
            file.write(word.encode() + b" " + row.astype(NUMBER).tobytes())
