"""Folders of small pictures with captions, for the tests of this folder."""

import io
import json

import numpy as np
from PIL import Image


def png(number, form="PNG", size=(8, 6)):
    """Returns the bytes of a picture of noise."""
    pixels = np.random.default_rng(number).integers(0, 256, (size[1], size[0], 3), np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form)
    return file.getvalue()


def write(root, files):
    """Writes {path: bytes, text, or what becomes JSON} and returns the folder as a string."""
    for name, data in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, bytes):
            path.write_bytes(data)
        else:
            path.write_text(data if isinstance(data, str) else json.dumps(data), newline="")
    return str(root)


def pictures(count, folder="images/"):
    """Returns {images/0.jpg: bytes, ...}."""
    return {f"{folder}{number}.jpg": png(number, "JPEG") for number in range(count)}


def captions_of(number):
    """Returns two captions that name the picture."""
    return [f"Picture number {number} .", f"This, too, is no. {number}"]


def tokens(numbers):
    """Returns the lines of a token file."""
    return "".join(
        f"{number}.jpg#{place}\t{caption}\n"
        for number in numbers
        for place, caption in enumerate(captions_of(number))
    )


def content(examples):
    """Returns {name without folder and suffix: (bytes, captions)} of examples."""
    return {
        one.name.rsplit("/", 1)[-1].rsplit(".", 1)[0]: (one.read(), one.captions)
        for one in examples
    }


def expected(numbers):
    """Returns what `content` of these pictures is."""
    return {str(n): (png(n, "JPEG"), tuple(captions_of(n))) for n in numbers}
