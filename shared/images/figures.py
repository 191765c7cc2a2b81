"""Corners of plain figures, for whoever draws sample pictures."""

import math

Point = tuple[float, float]


def regular_figure(count: int, radii: tuple[float, ...] = (1.0,)) -> list[Point]:
    """Returns the corners of a figure around (0, 0) that begins at the top.

    Args:
        count: of corners, from 3.
        radii: distances of the corners, taken in turns; two of them make a star.

    Returns:
        (x to the right, y down) of each, clockwise.

    Example:
    >>> [(round(x), round(y)) for x, y in regular_figure(4)]
    [(0, -1), (1, 0), (0, 1), (-1, 0)]
    """
    return [
        (
            radii[number % len(radii)] * math.sin(2 * math.pi * number / count),
            -radii[number % len(radii)] * math.cos(2 * math.pi * number / count),
        )
        for number in range(count)
    ]
