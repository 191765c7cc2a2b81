"""Pictures of our own: shapes, textures and characters, drawn from a seed in 20 classes.

The sample needs no file and no network, so the demo, the tests and a first try run anywhere.
Colours, places, sizes and noise are random; which class a picture is of shows in its form alone.
`apps.image_classification.data` offers it as the source "sample".
"""

import functools
import hashlib
import io
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from apps.image_classification.drawing import shapes, textures
from apps.image_classification.drawing.canvas import Canvas, painted
from apps.image_classification.drawing.letters import letters
from apps.image_classification.example import Example
from shared.errors import DataError

if TYPE_CHECKING:
    from shared.data.pictures.item import Item

DRAWINGS: dict[str, Callable[[Canvas], None]] = {
    "disc": shapes.disc,
    "ring": shapes.ring,
    "square": shapes.square,
    "frame": shapes.frame,
    "triangle": shapes.triangle,
    "outlined triangle": shapes.outlined_triangle,
    "star": shapes.star,
    "cross": shapes.cross,
    "horizontal stripes": textures.horizontal_stripes,
    "vertical stripes": textures.vertical_stripes,
    "checks": textures.checks,
    "dots": textures.dots,
    "gradient": textures.gradient,
    **letters(),
}
CLASSES = tuple(sorted(DRAWINGS))
SMALLEST = 16


def draw(seed: int, count: int, size: int, *, first: int = 0) -> list[Example]:
    """Draws pictures of every class.

    Picture number i of a class depends on (seed, class, i, size) alone, so more of them begin with
    the same ones, and parts that start at different numbers share none.

    Args:
        seed: from 0.
        count: pictures of each class.
        size: height and width in pixels, from 16.
        first: number of the first picture.

    Returns:
        examples of PNG bytes, class after class in the order of `CLASSES`.

    Raises:
        DataError: the size is too small to tell the classes apart.

    Example:
    >>> draw(seed=1, count=1, size=28)[0].name
    'checks 0'
    """
    if size < SMALLEST:
        raise DataError(
            f"Expected pictures of {SMALLEST} pixels or more, received {size}; choose more."
        )
    examples = []
    for label in CLASSES:
        for number in range(first, first + count):
            read = functools.partial(_png, seed, label, number, size)
            digest = hashlib.sha256(read()).hexdigest()
            examples.append(Example(f"{label} {number}", label, digest, read))
    return examples


def pixels_of(seed: int, label: str, number: int, size: int) -> np.ndarray:
    """Returns one drawn picture, uint8 (size, size, 3)."""
    chance = np.random.default_rng((seed % 2**63, CLASSES.index(label), number, size))
    canvas = Canvas.random(chance, size)
    DRAWINGS[label](canvas)
    return painted(canvas, size)


def _png(seed: int, label: str, number: int, size: int) -> bytes:
    file = io.BytesIO()
    # What noise cannot be squeezed out of needs no effort.
    Image.fromarray(pixels_of(seed, label, number, size)).save(file, "PNG", compress_level=1)
    return file.getvalue()


def example_items(seed: int = 0) -> "list[Item]":
    """Returns drawings of several sizes and formats, to check and warm up an export with."""
    from shared.data.pictures.item import Item

    chance = np.random.default_rng(seed)
    items = []
    for number, (size, form) in enumerate(
        [(32, "PNG"), (64, "JPEG"), (200, "JPEG"), (96, "GIF"), (48, "BMP"), (64, "WEBP")]
    ):
        label = CLASSES[int(chance.integers(len(CLASSES)))]
        image = Image.fromarray(pixels_of(seed, label, number, size))
        file = io.BytesIO()
        # Wide, high and square.
        image.resize((size + 7 * number, size)).save(file, form)
        items.append(Item(f"{label}.{form.lower()}", file.getvalue()))
    return items
