"""The names of parts in caption files."""

from shared.data.pictures.names import split_of


def known_split(word: str) -> str:
    """Returns the part of a split's name, "" for none of ours; restval is training data.

    Karpathy and Fei-Fei 2015 (arXiv:1412.2306) call so what is left of COCO's validation images.

    Example:
    >>> known_split("restval"), known_split("val"), known_split("")
    ('train', 'validation', '')
    """
    return "train" if word.strip().lower() == "restval" else split_of(word)
