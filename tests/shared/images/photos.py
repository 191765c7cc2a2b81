"""Examples for the tests of this folder: small pictures in a folder, behind what apps give."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from encoded import encoded
from PIL import Image


@dataclass(frozen=True)
class Photo:
    name: str
    sha256: str
    read: Callable[[], bytes] = field(repr=False, compare=False)


def photo(path: Path) -> Photo:
    return Photo(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), path.read_bytes)


def photos(folder: Path, count: int, *, size: int = 20) -> list[Photo]:
    """Writes PNG files of one colour each and returns them."""
    folder.mkdir(exist_ok=True)
    made = []
    for number in range(count):
        colour = (number * 7 % 256, number * 31 % 256, 255 - number * 3 % 256)
        path = folder / f"{number:03}.png"
        path.write_bytes(encoded(Image.new("RGB", (size, size), colour)))
        made.append(photo(path))
    return made


def noisy(path: Path, seed: int, *, size: int = 20) -> Photo:
    """Writes a PNG file of noise."""
    pixels = np.random.default_rng(seed).integers(0, 256, (size, size, 3), dtype=np.uint8)
    path.write_bytes(encoded(Image.fromarray(pixels)))
    return photo(path)
