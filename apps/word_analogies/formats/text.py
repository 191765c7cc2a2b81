"""Vectors as text: a word and its numbers a line, with spaces between.

word2vec's text format and fastText's `.vec` begin with a header "WORDS SIZE", GloVe's files do
not (Mikolov et al. 2013; Bojanowski et al. 2017, arXiv:1607.04606; Pennington, Socher, Manning
2014). Words of published files may hold spaces; the last SIZE columns are the numbers then.
"""

import math
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import IO

import numpy as np

from apps.word_analogies.formats.rows import MAX_SIZE, Rows, check_words, header_of
from apps.word_analogies.vectors import WordVectors
from shared.data.lines import Problems, read_lines
from shared.errors import DataError
from shared.files import written_whole

# So many mistakes are told; a file of other content is not read to its end to find more.
MAX_PROBLEMS = 20

Lines = Iterator[tuple[int, str]]


def read_text(stream: IO[bytes], *, label: str, limit: int | None = None) -> WordVectors:
    """Reads vectors with or without a header.

    Args:
        stream: bytes of the file.
        label: its name, for messages.
        limit: words to read at most; all by default.

    Raises:
        DataError: lists lines with too many or too few numbers, or NaN; or words are missing,
            repeated, or more than the header says.
    """
    problems = Problems(label)
    lines: Lines = ((line, text) for line, text in read_lines(stream, problems) if text.strip())
    first = next(lines, None)
    problems.raise_any()
    if first is None:
        raise DataError(f"Expected word vectors in {label}, received an empty file.")
    header = header_of(first[1])
    if header is None:
        lines = chain([first], lines)
    size = header.size if header else _size(first[1], label)
    rows = Rows(label, size)
    for line, text in lines:
        if limit is not None and len(rows) >= limit:
            break
        _read_line(text, rows, problems, line=line, size=size)
        if len(problems) >= MAX_PROBLEMS:
            break
        if header and len(rows) > header.words:
            problems.add(
                line,
                f"expected {header.words} words, as the first line says, received one more; "
                "correct that line or get the file again",
            )
            break
    problems.raise_any()
    return rows.vectors(header, limit=limit)


def _size(line: str, label: str) -> int:
    """Returns how many numbers end the first line of a file without a header."""
    cells, size = line.split(), 0
    while size < len(cells) - 1 and _floats(cells[-size - 1 : len(cells) - size]) is not None:
        size += 1
    if not 0 < size <= MAX_SIZE:
        raise DataError(
            f"Expected word vectors in {label} (a word and 1 to {MAX_SIZE} numbers a line), "
            f"received {_shown(line)} in the first line; give another file."
        )
    return size


def _read_line(text: str, rows: Rows, problems: Problems, *, line: int, size: int) -> None:
    word, _, rest = text.partition(" ")
    cells = rest.split()
    numbers = _floats(cells) if len(cells) == size else None
    if numbers is None:
        # The word may hold spaces.
        word, *cells = text.rstrip(" ").rsplit(" ", size)
        numbers = _floats(cells) if len(cells) == size else None
    if numbers is None or not word:
        problems.add(line, f"expected a word and {size} numbers, received {_shown(text)}")
    elif not math.isfinite(sum(numbers)):
        problems.add(line, f"expected finite numbers, received NaN or infinity for {word!r}")
    else:
        with np.errstate(over="ignore"):
            rows.add(word, np.array(numbers, np.float32))


def _floats(cells: list[str]) -> list[float] | None:
    try:
        return list(map(float, cells))
    except ValueError:
        return None


def _shown(text: str) -> str:
    columns = len(text.split())
    return f"{text[:40] + ('...' if len(text) > 40 else '')!r} ({columns} columns)"


def write_text_vectors(vectors: WordVectors, path: Path, *, header: bool, form: str) -> None:
    """Writes vectors as text; read again, every number is the same.

    Args:
        vectors: what is written.
        path: the file.
        header: whether the first line tells the number of words and their size.
        form: name of the format, for messages.

    Raises:
        DataError: a word holds white space.
    """
    check_words(vectors, refused=" \t\r\n\0", form=form)
    # Nine digits tell any two float32 numbers apart.
    numbers = " ".join(["%.9g"] * vectors.size)
    with written_whole(path) as file:
        if header:
            file.write(f"{len(vectors)} {vectors.size}\n".encode())
        for word, row in zip(vectors.words, vectors.matrix, strict=True):
            file.write(f"{word} {numbers % tuple(row.tolist())}\n".encode())
