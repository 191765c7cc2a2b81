"""Class and part of a picture, where its source tells them beside its name."""

from typing import NamedTuple


class Placing(NamedTuple):
    """What a row of a table or a record of a data set tells.

    Args:
        label: the class; "" where the folder of the picture tells it.
        split: the part it was given for; likewise.
    """

    label: str = ""
    split: str = ""
