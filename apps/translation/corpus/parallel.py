"""Pairs in two files: line n of one is the translation of line n of the other.

`apps.translation.corpus.files` decides which files belong together. Where their lines do not,
the error names the place at which they went apart, which is what the user has to find.
"""

from collections.abc import Sequence
from typing import IO

import numpy as np

from apps.translation.corpus.pair import Pair
from shared.data.lines import Problems, read_lines
from shared.errors import DataError

SHOWN = 50


def read_side(stream: IO[bytes], *, label: str) -> list[str]:
    """Reads the lines of one of the two files; empty ones stay, since they hold a place.

    Args:
        stream: bytes of the file.
        label: its name, for messages.

    Raises:
        DataError: lists what is wrong with the file.
    """
    problems = Problems(label)
    lines = [line.strip() for _, line in read_lines(stream, problems)]
    problems.raise_any()
    return lines


def join_sides(
    source: Sequence[str], target: Sequence[str], *, labels: tuple[str, str]
) -> list[Pair]:
    """Puts the lines of two files together.

    Args:
        source: lines to translate.
        target: their translations.
        labels: the names of the two files, for messages.

    Raises:
        DataError: one file has more lines than the other.
    """
    if len(source) == len(target):
        return list(map(Pair, source, target))
    place = suspicious_line(source, target)
    shown = [
        repr(lines[place])[:SHOWN] if place < len(lines) else "nothing"
        for lines in (source, target)
    ]
    raise DataError(
        f"Expected as many lines in {labels[0]} as in {labels[1]}, received {len(source)} and "
        f"{len(target)}; they seem to go apart at line {place + 1}, where {shown[0]} stands beside "
        f"{shown[1]}: repair the files there."
    )


def suspicious_line(source: Sequence[str], target: Sequence[str]) -> int:
    r"""Returns the line, from 0, at which two files of unequal length most likely went apart.

    A translation is about as long as its source. With c(i, j) = |log ratio of the lengths of
    source line i and target line j|, and d lines too many on the source side, this is the k with
    the least  sum_{i < k} c(i, i) + sum_{i >= k} c(i + d, i):  the first k lines fit as they
    stand, and the others fit when d lines are left out at k.

    Example:
    >>> suspicious_line(["a", "long " * 9, "b", "c"], ["A", "B", "C"])
    1
    """
    shorter, longer = sorted((source, target), key=len)
    sizes, others = (np.log1p(np.fromiter(map(len, one), float)) for one in (shorter, longer))
    moved = len(longer) - len(shorter)
    in_place = np.abs(sizes - others[: len(sizes)])
    shifted = np.abs(sizes - others[moved:])
    gain = np.concatenate([[0.0], np.cumsum(in_place - shifted)])
    # Of equally good places the last is taken: up to there, the lines do fit as they stand.
    return int(len(gain) - 1 - np.argmin(gain[::-1]))
