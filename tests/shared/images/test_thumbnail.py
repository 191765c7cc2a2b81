"""Thumbnails: the part of a picture that a network sees, small."""

import hashlib
import io
from dataclasses import dataclass

import numpy as np
import pytest
from PIL import Image

from shared.images.thumbnail import SMALL, thumbnail


@dataclass(frozen=True)
class Picture:
    data: bytes | None
    name: str = "1.png"

    @property
    def sha256(self):
        return hashlib.sha256(self.data).hexdigest()

    def read(self):
        if self.data is None:
            raise OSError("gone")
        return self.data


def waves(width, height):
    """A smooth picture, of which JPEG loses little."""
    across = np.sin(np.arange(width) / 20.0)[None, :, None]
    down = np.cos(np.arange(height) / 15.0)[:, None, None]
    pixels = 128 + 60 * across * np.array([1.0, -1.0, 0.5]) + 50 * down
    file = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize("crop", [0.875, 1.0])
def test_a_thumbnail_is_the_middle_square(crop):
    data = waves(SMALL + 40, SMALL)
    with Image.open(io.BytesIO(thumbnail(Picture(data), crop=crop))) as small:
        assert small.size == (SMALL, SMALL) and small.format == "JPEG"
        found = np.asarray(small, np.float32)
    side = round(crop * SMALL)
    left, top = (SMALL + 40 - side) // 2, (SMALL - side) // 2
    with Image.open(io.BytesIO(data)) as whole:
        middle = whole.crop((left, top, left + side, top + side))
    wanted = np.asarray(middle.resize((SMALL, SMALL), Image.Resampling.BILINEAR), np.float32)
    assert np.abs(found - wanted).mean() < 3


@pytest.mark.parametrize("data", [None, b"no picture"])
def test_what_can_be_read_no_more_has_no_thumbnail(data):
    assert thumbnail(Picture(data), crop=1.0) == b""
