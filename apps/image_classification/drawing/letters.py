"""Characters written with strokes of our own, so that no font has to be installed."""

import functools
from collections.abc import Callable

from apps.image_classification.drawing.canvas import Canvas, Point

# Each a list of lines through places between -1 and 1, x to the right and y down.
STROKES: dict[str, list[list[Point]]] = {
    "A": [[(-0.7, 1), (0, -1), (0.7, 1)], [(-0.4, 0.3), (0.4, 0.3)]],
    "E": [[(0.6, -1), (-0.6, -1), (-0.6, 1), (0.6, 1)], [(-0.6, 0), (0.4, 0)]],
    "F": [[(0.6, -1), (-0.6, -1), (-0.6, 1)], [(-0.6, 0), (0.4, 0)]],
    "H": [[(-0.7, -1), (-0.7, 1)], [(0.7, -1), (0.7, 1)], [(-0.7, 0), (0.7, 0)]],
    "K": [[(-0.6, -1), (-0.6, 1)], [(0.6, -1), (-0.6, 0), (0.6, 1)]],
    "T": [[(-0.8, -1), (0.8, -1)], [(0, -1), (0, 1)]],
    "Z": [[(-0.7, -1), (0.7, -1), (-0.7, 1), (0.7, 1)]],
}


def letters() -> dict[str, Callable[[Canvas], None]]:
    """Returns {"letter A": its drawing function, ...}."""
    return {
        f"letter {letter}": functools.partial(_write, lines) for letter, lines in STROKES.items()
    }


def _write(lines: list[list[Point]], canvas: Canvas) -> None:
    canvas.strokes(lines)
