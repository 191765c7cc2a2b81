"""Encoded images for the tests of this folder, made by Pillow, and what they should look like."""

import io

import numpy as np
from PIL import Image

HEIGHT, WIDTH = 48, 64
ROWS, COLUMNS = np.mgrid[0:HEIGHT, 0:WIDTH]
PIXELS = np.stack([COLUMNS * 3, ROWS * 5, COLUMNS + ROWS], -1).astype(np.uint8)
PICTURE = Image.fromarray(PIXELS)


def encoded(image: Image.Image, form: str = "PNG", **options) -> bytes:
    """Returns the bytes of a file."""
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def seen(data: bytes) -> np.ndarray:
    """Returns the colours of a file in front of white, uint8 (H, W, 3), by Pillow."""
    image = Image.open(io.BytesIO(data)).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image)
    return np.asarray(white.convert("RGB"))
