"""The two files of TensorBoard's embedding projector: `vectors.tsv` and `metadata.tsv`.

The first has the numbers of a word a line, the second its word, and a header if it has further
columns. Both lie in one folder or archive.
"""

import math
from pathlib import Path, PurePosixPath
from typing import IO

import numpy as np

from apps.word_analogies.formats.rows import MAX_SIZE, check_words
from apps.word_analogies.vectors import WordVectors
from shared.data.lines import Problems, read_lines
from shared.data.sources import Source
from shared.errors import DataError
from shared.files import written_whole

VECTORS, METADATA = "vectors.tsv", "metadata.tsv"
WORD, COUNT = "word", "count"
# So many mistakes are told; a file of other content is not read to its end to find more.
MAX_PROBLEMS = 20


def is_projector(name: str) -> bool:
    """Says by its name whether a file belongs to a projector's folder."""
    return PurePosixPath(name).name in (VECTORS, METADATA)


def read_projector(source: Source, *, limit: int | None = None) -> WordVectors:
    """Reads the two files, in whatever order a folder or archive gives them.

    Args:
        source: holds both.
        limit: words to read at most; all by default.

    Raises:
        DataError: one is missing or lists mistakes, or they do not have as many lines.
    """
    matrix: np.ndarray | None = None
    words: tuple[list[str], list[int] | None] | None = None
    for file in source.files(is_projector):
        if PurePosixPath(file.name).name == VECTORS:
            matrix = _numbers(file.stream, file.label, limit)
        else:
            words = _words(file.stream, file.label, limit)
    if matrix is None or words is None:
        raise DataError(
            f"Expected {VECTORS} and {METADATA} in {source.path.name}, received only one of them; "
            "put them into one folder."
        )
    names, counts = words
    if len(names) != len(matrix):
        raise DataError(
            f"Expected a line of {METADATA} for each of {len(matrix)} lines of {VECTORS}, received "
            f"{len(names)}; give the two files that belong together."
        )
    return WordVectors(tuple(names), matrix, None if counts is None else np.array(counts, np.int64))


def _numbers(stream: IO[bytes], label: str, limit: int | None) -> np.ndarray:
    problems, size = Problems(label), 0
    rows: list[np.ndarray] = []
    for line, text in read_lines(stream, problems):
        if (limit is not None and len(rows) == limit) or len(problems) >= MAX_PROBLEMS:
            break
        try:
            numbers = [float(cell) for cell in text.split("\t")]
        except ValueError:
            numbers = []
        size = size or len(numbers)
        if not numbers or len(numbers) != size or size > MAX_SIZE:
            count = size or f"1 to {MAX_SIZE}"
            problems.add(line, f"expected {count} numbers, received {text[:40]!r}")
        elif not math.isfinite(sum(numbers)):
            problems.add(line, "expected finite numbers, received NaN or infinity")
        else:
            rows.append(np.array(numbers, np.float32))
    problems.raise_any()
    return np.array(rows, np.float32).reshape(len(rows), size)


def _words(stream: IO[bytes], label: str, limit: int | None) -> tuple[list[str], list[int] | None]:
    problems = Problems(label)
    words: list[str] = []
    counts: list[int] = []
    columns: list[str] = []
    for line, text in read_lines(stream, problems):
        if (limit is not None and len(words) == limit) or len(problems) >= MAX_PROBLEMS:
            break
        cells = text.split("\t")
        if not columns:
            columns = [cell.strip().lower() for cell in cells]
            if len(cells) > 1:
                continue
        row = dict(zip(columns, cells, strict=False))
        word = row.get(WORD, cells[0])
        if len(cells) != len(columns) or not word:
            problems.add(line, f"expected a word in {len(columns)} columns, received {text[:40]!r}")
            continue
        words.append(word)
        count = row.get(COUNT, "")
        if len(columns) > 1 and count.isascii() and count.isdecimal() and len(count) < 19:
            counts.append(int(count))
    problems.raise_any()
    return words, counts if len(counts) == len(words) else None


def write_projector(vectors: WordVectors, folder: Path) -> None:
    """Writes the two files; the words come with their counts where those are known.

    Args:
        vectors: what is written.
        folder: the folder; it is made when missing.

    Raises:
        DataError: a word holds a tab or a line break.
    """
    check_words(vectors, refused="\t\r\n\0", form="projector")
    with written_whole(folder / METADATA) as file:
        if vectors.counts is None:
            file.writelines(f"{word}\n".encode() for word in vectors.words)
        else:
            file.write(f"{WORD}\t{COUNT}\n".encode())
            pairs = zip(vectors.words, vectors.counts.tolist(), strict=True)
            file.writelines(f"{word}\t{count}\n".encode() for word, count in pairs)
    # Nine digits tell any two float32 numbers apart.
    numbers = "\t".join(["%.9g"] * vectors.size)
    with written_whole(folder / VECTORS) as file:
        for row in vectors.matrix:
            file.write(f"{numbers % tuple(row.tolist())}\n".encode())
