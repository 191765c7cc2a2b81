"""Lines of one text file: plain text, or what WikiExtractor writes, in memory that stays flat.

`apps.word_analogies.corpus.files` reads every file of a corpus through here.

- Plain text: a line is a line. One of more than a mebibyte is cut at white space, so a whole
  corpus on one line needs no more memory than another (it counts as several in messages).
- WikiExtractor: lines `<doc ...>` and `</doc>` are dropped, and end a document.
- WikiExtractor's `--json`: each line is an object, whose "text" is a document.
"""

import codecs
import io
import json
import re
from collections.abc import Iterator
from typing import IO, cast

from shared.data.lines import MAX_LINE_BYTES, SHOWN, Problems, read_lines

PIECE_BYTES = 2**20
PEEKED_BYTES = 2**16
# A title may hold ">".
_MARK = re.compile(r"<doc( .*)?>|</doc>")
_JSON = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{(?=\s*").*"text"\s*:', re.DOTALL)


def read_text(stream: io.BufferedReader, *, label: str) -> Iterator[str | None]:
    r"""Yields the lines of a text file without their ends, and None where a document ends.

    Args:
        stream: bytes, from the start.
        label: the file's name, for messages.

    Raises:
        DataError: some lines are no UTF-8, hold NUL bytes, or are no JSON objects with a text; it
            is raised when the file is through, or after so many of them that it is no text.

    Example:
    >>> stream = io.BufferedReader(io.BytesIO(b"<doc id='1'>\nSea.\n</doc>\nSky."))
    >>> list(read_text(stream, label="wiki_00"))
    [None, 'Sea.', None, 'Sky.']
    """
    problems = Problems(label)
    start = stream.peek(PEEKED_BYTES)
    if _JSON.match(start.partition(b"\n")[0] if b"\n" in start else start):
        yield from _json_lines(stream, problems)
    else:
        for _, line in _lines(stream, problems, piece=PIECE_BYTES):
            if line.startswith("<") and _MARK.fullmatch(line.rstrip()):
                yield None
            else:
                yield from line.splitlines()
    problems.raise_any()


def _lines(
    stream: IO[bytes], problems: Problems, *, piece: int = MAX_LINE_BYTES + 1
) -> Iterator[tuple[int, str]]:
    return read_lines(cast(IO[bytes], _Pieces(stream, problems, piece)), problems)


class _Pieces:
    """A stream whose lines are cut at a size, at white space, and that ends after many problems."""

    def __init__(self, stream: IO[bytes], problems: Problems, size: int) -> None:
        self._stream = stream
        self._problems = problems
        self._size = size
        self._rest = b""

    def readline(self, _limit: int) -> bytes:
        if len(self._problems) > SHOWN:
            return b""
        piece = self._rest + self._stream.readline(self._size - len(self._rest))
        self._rest = b""
        if len(piece) < self._size or piece.endswith(b"\n") or self._size > PIECE_BYTES:
            return piece
        cut = max(piece.rfind(space) for space in (b" ", b"\t", b"\r")) + 1
        if not cut:
            # A "word" of a mebibyte is cut between characters, which have up to four bytes.
            cut = len(piece) - 4
            while cut < len(piece) and piece[cut] & 0xC0 == 0x80:
                cut += 1
        self._rest = piece[cut:]
        return piece[:cut]


def _json_lines(stream: IO[bytes], problems: Problems) -> Iterator[str | None]:
    # An object cannot be cut.
    for number, line in _lines(stream, problems):
        if not line.strip():
            continue
        try:
            text = json.loads(line)["text"]
        except (ValueError, KeyError, TypeError, RecursionError):
            text = None
        if isinstance(text, str):
            # JSON may spell half of a surrogate pair, or NUL, which no text file can hold.
            clean = text.encode("utf-8", "replace").decode().replace("\0", " ")
            yield from clean.splitlines()
            yield None
        else:
            problems.add(number, f'expected an object with a "text", received {line!r:.60}')


def first_problem(stream: io.BufferedReader) -> str:
    """Returns why the start of a file is no UTF-8 text, or "" for a text."""
    start = stream.peek(PEEKED_BYTES)[:PEEKED_BYTES]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "UTF-16"
    if b"\0" in start:
        return "binary data"
    try:
        # The peek may end inside a character.
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError as error:
        return f"the byte 0x{start[error.start]:02x} at position {error.start}"
    return ""
