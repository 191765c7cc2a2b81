"""The reader of word pairs with a similarity, however its columns are separated.

SimLex-999 (Hill, Reichart, Korhonen 2015, arXiv:1408.3456) is tab-separated with a header and
eight more columns; WordSim-353 (Finkelstein et al. 2002) is separated by tabs or commas; many
others are "word word number". In all of them the first column of numbers is the similarity.
"""

import math
from collections.abc import Iterable

from apps.word_analogies.testsets.questions import meaningful
from apps.word_analogies.testsets.sets import Pair
from shared.data.lines import Problems

Lines = Iterable[tuple[int, str]]


def separator(text: str) -> str | None:
    """Returns what separates the columns of a line; None for white space."""
    return next((mark for mark in "\t;," if mark in text), None)


def columns(text: str, mark: str | None) -> list[str]:
    """Cuts a line into its columns, without white space and quotes around each."""
    return [column.strip().strip('"').strip() for column in text.split(mark)]


def pair_of(cells: list[str]) -> Pair | None:
    """Returns two words and the first number behind them; None where that is not there.

    Example:
    >>> pair_of(["old", "new", "A", "1.58", "2.72"])
    ('old', 'new', 1.58)
    """
    numbers = [number for cell in cells[2:] if (number := _number(cell)) is not None]
    if not numbers or not cells[0] or not cells[1]:
        return None
    return cells[0], cells[1], numbers[0]


def read_pairs(lines: Lines, problems: Problems) -> list[Pair]:
    r"""Reads one pair a line; the first line may be a header.

    Args:
        lines: (line number, text).
        problems: takes what is wrong.

    Example:
    >>> lines = [(1, "word1\tword2\tPOS\tSimLex999"), (2, "old\tnew\tA\t1.58")]
    >>> read_pairs(lines, Problems("x"))
    [('old', 'new', 1.58)]
    """
    pairs: list[Pair] = []
    mark, width = None, 0
    for place, (line, text) in enumerate(meaningful(lines)):
        if place == 0:
            mark = separator(text)
        cells = columns(text, mark)
        pair = pair_of(cells)
        if place == 0 and len(cells) >= 3:
            width = len(cells)
            if pair is None and not any(is_numeric(cell) for cell in cells[2:]):
                continue
        if pair is None or len(cells) != (width or len(cells)):
            shown = text if len(text) <= 60 else text[:60] + "..."
            problems.add(
                line,
                f"expected two words and a similarity in {width or 3} columns, received {shown!r}",
            )
            continue
        pairs.append(pair)
    return pairs


def is_numeric(cell: str) -> bool:
    """Says whether a column holds a number; NaN and infinity are numbers here."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _number(cell: str) -> float | None:
    return float(cell) if is_numeric(cell) and math.isfinite(float(cell)) else None
