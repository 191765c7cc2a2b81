"""Textures that fill a picture."""

import numpy as np
from PIL import Image

from apps.image_classification.drawing.canvas import Canvas


def _waves(canvas: Canvas) -> tuple[np.ndarray, np.ndarray]:
    """Returns the place of each column and row in a pattern that repeats itself every 1."""
    side = canvas.mask.size[0]
    period = side / canvas.chance.uniform(3, 6)
    shift = canvas.chance.uniform(0, 1, 2)
    places = np.arange(side) / period
    return places + shift[0], places[:, None] + shift[1]


def _fill(canvas: Canvas, share: np.ndarray) -> None:
    side = canvas.mask.size[0]
    grey = np.ascontiguousarray(np.broadcast_to(share * 255.0, (side, side)), np.uint8)
    canvas.mask.paste(Image.fromarray(grey))


def horizontal_stripes(canvas: Canvas) -> None:
    """Fills the picture with level stripes."""
    _fill(canvas, _waves(canvas)[1] % 1 < 0.5)


def vertical_stripes(canvas: Canvas) -> None:
    """Fills the picture with upright stripes."""
    _fill(canvas, _waves(canvas)[0] % 1 < 0.5)


def checks(canvas: Canvas) -> None:
    """Fills the picture with the fields of a chessboard."""
    columns, rows = _waves(canvas)
    _fill(canvas, (columns % 1 < 0.5) ^ (rows % 1 < 0.5))


def dots(canvas: Canvas) -> None:
    """Fills the picture with round dots in rows."""
    columns, rows = _waves(canvas)
    _fill(canvas, (columns % 1 - 0.5) ** 2 + (rows % 1 - 0.5) ** 2 < 0.3**2)


def gradient(canvas: Canvas) -> None:
    """Fills the picture with a slope from one colour to the other, in any direction."""
    side = canvas.mask.size[0]
    direction = canvas.chance.uniform(0, 2 * np.pi)
    places = np.linspace(-1, 1, side)
    slope = np.cos(direction) * places + np.sin(direction) * places[:, None]
    _fill(canvas, (slope - slope.min()) / np.ptp(slope))
