"""What a caption file says, whatever its format: which image, which captions, which part."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Described:
    """An image as a caption file names it.

    Args:
        image: path or name.
        captions: as they stand in the file; may be none.
        split: "train", "validation" or "test"; "" where the file does not tell it.
    """

    image: str
    captions: tuple[str, ...]
    split: str = ""


def grouped(rows: Iterable[tuple[str, str, str]]) -> list[Described]:
    """Puts the captions of an image together.

    Args:
        rows: (image, caption, split) of each caption.

    Returns:
        an entry for each image and split, in the order in which they come first.

    Example:
    >>> grouped([("a", "A dog.", ""), ("b", "A cat.", ""), ("a", "It runs.", "")])[0]
    Described(image='a', captions=('A dog.', 'It runs.'), split='')
    """
    captions: dict[tuple[str, str], list[str]] = {}
    for image, caption, split in rows:
        captions.setdefault((image, split), []).append(caption)
    return [Described(image, tuple(said), split) for (image, split), said in captions.items()]
