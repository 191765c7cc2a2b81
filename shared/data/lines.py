"""Lines of text from anywhere, and a list of what is wrong with them.

A user corrects a file once, not once for every mistake: readers note each problem with its line
number and raise them together at the end. Text is UTF-8; other encodings are recognised to say
what to do, never guessed.
"""

from collections.abc import Iterator, Mapping
from typing import IO, Any

from shared.errors import DataError, nearest

MAX_LINE_BYTES = 64 * 2**20
SHOWN = 5


class Problems:
    """What is wrong with one file, by line.

    Args:
        label: the file's name as the user knows it.
        unit: what is counted, where it is not lines.

    Example:
    >>> problems = Problems("stories.txt")
    >>> problems.add(3, "expected an answer, received nothing")
    >>> problems.raise_any()
    Traceback (most recent call last):
    shared.errors.DataError: stories.txt, line 3: expected an answer, received nothing
    """

    def __init__(self, label: str, *, unit: str = "line") -> None:
        self._label = label
        self._unit = unit
        self._found: list[tuple[int, str]] = []

    def __len__(self) -> int:
        return len(self._found)

    def add(self, line: int, problem: str) -> None:
        """Notes a problem.

        Args:
            line: from 1 on.
            problem: what was expected, what was received, what to do, in one sentence.
        """
        self._found.append((line, problem))

    def raise_any(self) -> None:
        """Raises DataError with the first problems and their number, if there are any."""
        if not self._found:
            return
        shown = [f"{self._unit} {line}: {problem}" for line, problem in sorted(self._found)[:SHOWN]]
        if len(self._found) == 1:
            raise DataError(f"{self._label}, {shown[0]}")
        more = f"; and {len(self._found) - SHOWN} more" if len(self._found) > SHOWN else ""
        count = len(self._found)
        raise DataError(f"{count} problems in {self._label}: {'; '.join(shown)}{more}")


def read_lines(stream: IO[bytes], problems: Problems) -> Iterator[tuple[int, str]]:
    """Yields (line number from 1, text without its line end) of a UTF-8 stream.

    A byte order mark is dropped. A line that is not UTF-8 or holds a NUL byte is noted as a
    problem and left out; UTF-16 and over-long lines end the reading.

    Args:
        stream: bytes.
        problems: takes what is wrong; the caller raises it when the file is through.
    """
    number = 0
    while line := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            problems.add(
                number,
                f"expected lines of at most {MAX_LINE_BYTES} bytes, received a longer one; "
                "check that this is a text file",
            )
            return
        if number == 1:
            if line.startswith((b"\xff\xfe", b"\xfe\xff")):
                problems.add(1, "expected UTF-8, received UTF-16; convert the file to UTF-8")
                return
            line = line.removeprefix(b"\xef\xbb\xbf")
        if b"\0" in line:
            problems.add(
                number,
                "expected text, received a NUL byte; convert the file to UTF-8 if it is UTF-16, "
                "or give a text file",
            )
            continue
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError as error:
            problems.add(
                number,
                f"expected UTF-8, received the byte 0x{line[error.start]:02x} at column "
                f"{error.start + 1}; convert the file to UTF-8 (it may be Latin-1)",
            )
            continue
        yield number, text.rstrip("\r\n")


def read_request(raw: Any, *, field: str, expected: str) -> str:
    """Returns the text of one request, whichever way it came.

    Args:
        raw: str, bytes in UTF-8, or a mapping with the text under `field` and nothing else.
        field: its name in a mapping.
        expected: how a message about anything else begins.

    Raises:
        DataError: it is none of these.

    Example:
    >>> read_request({"source": "Hello."}, field="source", expected="Expected a sentence")
    'Hello.'
    """
    if isinstance(raw, Mapping):
        if list(raw) != [field]:
            hint = nearest(str(next(iter(raw), "")), [field])
            raise DataError(f"{expected}, received other fields.{hint}")
        raw = raw[field]
    if isinstance(raw, bytes):
        raw = decode_request(raw)
    if not isinstance(raw, str):
        raise DataError(f"{expected}, received {type(raw).__name__}.")
    return raw


def decode_request(raw: bytes) -> str:
    """Returns the text of one request; a byte order mark is dropped.

    Raises:
        DataError: it is not UTF-8.
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(
            f"Expected UTF-8, received the byte 0x{raw[error.start]:02x} at column "
            f"{error.start + 1}; convert the text to UTF-8."
        ) from None
