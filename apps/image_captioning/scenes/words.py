"""The words of the sample's captions, for whoever writes them and whoever reads them."""

from collections.abc import Callable

from apps.image_captioning.scenes.scene import CELLS, SHAPES, Thing

NUMBERS = {"one": 1, "two": 2, "three": 3, "four": 4}
# "shape" stands for any figure.
SINGULAR = {**{shape: shape for shape in SHAPES}, "shape": ""}
PLURAL = {f"{noun}s": shape for noun, shape in SINGULAR.items()}

_LAST = CELLS - 1
PLACES: dict[str, Callable[[Thing], bool]] = {
    "in the top left corner": lambda one: (one.row, one.column) == (0, 0),
    "in the top right corner": lambda one: (one.row, one.column) == (0, _LAST),
    "in the bottom left corner": lambda one: (one.row, one.column) == (_LAST, 0),
    "in the bottom right corner": lambda one: (one.row, one.column) == (_LAST, _LAST),
    "in the middle": lambda one: (one.row, one.column) == (1, 1),
    "at the top": lambda one: one.row == 0,
    "at the bottom": lambda one: one.row == _LAST,
    "on the left": lambda one: one.column == 0,
    "on the right": lambda one: one.column == _LAST,
}
RELATIONS: dict[str, Callable[[Thing, Thing], bool]] = {
    "to the left of": lambda one, other: one.column < other.column,
    "left of": lambda one, other: one.column < other.column,
    "to the right of": lambda one, other: one.column > other.column,
    "right of": lambda one, other: one.column > other.column,
    "above": lambda one, other: one.row < other.row,
    "below": lambda one, other: one.row > other.row,
    "under": lambda one, other: one.row > other.row,
}
