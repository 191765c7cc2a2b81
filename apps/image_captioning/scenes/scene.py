"""What a picture of the sample shows, apart from pixels and words, and scenes drawn by chance."""

import random
from dataclasses import dataclass

COLOURS = {
    "red": (214, 40, 40),
    "orange": (245, 140, 30),
    "yellow": (240, 220, 50),
    "green": (50, 160, 70),
    "blue": (45, 90, 210),
    "purple": (140, 60, 170),
}
GROUNDS = {"white": (245, 245, 245), "grey": (128, 128, 128), "black": (15, 15, 15)}
SHAPES = ("circle", "square", "triangle", "star")
# Half the height of a figure, as a share of the picture.
SIZES = {"small": 0.07, "large": 0.12}
CELLS = 3
# Figures stand near the middle of a cell, so that they never touch and rows and columns are clear.
JITTER = 0.03
MOST = 4


@dataclass(frozen=True)
class Thing:
    """A figure.

    Args:
        shape: one of `SHAPES`.
        colour: one of `COLOURS`.
        size: one of `SIZES`.
        row: of the cell it stands in, 0 at the top to 2.
        column: likewise, 0 at the left.
    """

    shape: str
    colour: str
    size: str
    row: int
    column: int


@dataclass(frozen=True)
class Scene:
    """Figures on a ground.

    Args:
        things: one to four, in different cells.
        ground: one of `GROUNDS`.
    """

    things: tuple[Thing, ...]
    ground: str


def draw_scene(chance: random.Random) -> Scene:
    """Draws a scene; figures of a kind come together often enough for something to be counted."""
    count = chance.randint(1, MOST)
    cells = chance.sample([(row, column) for row in range(CELLS) for column in range(CELLS)], count)
    things: list[Thing] = []
    for row, column in cells:
        if things and chance.random() < 0.35:
            like = things[-1]
            shape, colour, size = like.shape, like.colour, like.size
        else:
            shape, colour = chance.choice(SHAPES), chance.choice(list(COLOURS))
            size = chance.choice(list(SIZES))
        things.append(Thing(shape, colour, size, row, column))
    return Scene(tuple(things), chance.choice(list(GROUNDS)))
