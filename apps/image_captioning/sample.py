"""Scenes of our own: coloured figures, drawn from a seed, with captions that can be checked.

The sample needs no file and no network, so the demo, the tests and a first try run anywhere. A
small grammar wrote the captions; it also knows whether any other caption of that grammar is true of
a picture, which no count of common words does.
"""

import functools
import hashlib
import io
import random

from apps.image_captioning.example import Example
from apps.image_captioning.scenes.picture import paint
from apps.image_captioning.scenes.reader import read_caption
from apps.image_captioning.scenes.scene import Scene, draw_scene
from apps.image_captioning.scenes.writer import write_captions
from shared.errors import DataError

SMALLEST = 32
_NAME = "scene "


def draw_examples(seed: int, count: int, size: int, *, first: int = 0) -> list[Example]:
    """Draws scenes and writes five captions of each.

    Scene number i depends on (seed, i) alone and its picture on (seed, i, size), so more of them
    begin with the same ones, and parts that start at different numbers share none.

    Args:
        seed: from 0.
        count: of scenes.
        size: height and width in pixels, from 32.
        first: number of the first scene.

    Returns:
        examples of PNG bytes.

    Raises:
        DataError: the size is too small to tell the figures apart.

    Example:
    >>> draw_examples(1, 1, 64)[0].name
    'scene 0'
    """
    if size < SMALLEST:
        raise DataError(
            f"Expected pictures of {SMALLEST} pixels or more, received {size}; choose more."
        )
    examples = []
    for number in range(first, first + count):
        read = functools.partial(picture_of, seed, number, size)
        captions = write_captions(sample_scene(seed, number), _chance(seed, number, "captions"))
        digest = hashlib.sha256(read()).hexdigest()
        examples.append(Example(f"{_NAME}{number}", digest, read, captions))
    return examples


def sample_scene(seed: int, number: int) -> Scene:
    """Returns what scene number i of a seed shows."""
    return draw_scene(_chance(seed, number, "scene"))


def scene_of(example: Example, *, seed: int) -> Scene:
    """Returns what an example of the sample shows.

    Args:
        example: one of `draw_examples`.
        seed: it was drawn with.

    Raises:
        DataError: it is none of the sample.
    """
    number = example.name.removeprefix(_NAME)
    if number == example.name or not number.isdecimal():
        raise DataError(f"Expected an example of the sample, received {example.name!r:.60}.")
    return sample_scene(seed, int(number))


def picture_of(seed: int, number: int, size: int) -> bytes:
    """Returns the PNG bytes of a scene, of (size, size) pixels."""
    image = paint(sample_scene(seed, number), size, _chance(seed, number, "picture"))
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return file.getvalue()


def is_right(caption: str, scene: Scene) -> bool:
    """Says whether a caption is a sentence of the sample's grammar, and true of a scene.

    Case and punctuation do not count. "a" means one at least, other numbers mean just so many.

    Example:
    >>> scene = sample_scene(seed=1, number=0)
    >>> is_right(write_captions(scene, random.Random(0))[0], scene), is_right("A dog.", scene)
    (True, False)
    """
    try:
        return read_caption(caption).holds(scene)
    except DataError:
        return False


def _chance(seed: int, number: int, what: str) -> random.Random:
    # A text is a seed of its own for every combination, in any process.
    return random.Random(f"{seed} {number} {what}")
