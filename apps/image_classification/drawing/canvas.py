"""A small drawing surface: two colours, a random place, and an edge without steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

# Drawn larger and shrunk, slanting edges become smooth.
SUPERSAMPLING = 2
Point = tuple[float, float]


@dataclass
class Canvas:
    """What a drawing function gets: where to draw, and with what chance.

    Args:
        mask: grey picture (S, S), 0 for the ground; 255 is drawn.
        chance: the source of all that is random.
        centre: of the figure, in pixels of the mask.
        radius: half the size of the figure, in pixels of the mask.
        angle: of the figure, in radians.
        width: of lines, in pixels of the mask.
    """

    mask: Image.Image
    chance: np.random.Generator
    centre: Point
    radius: float
    angle: float
    width: int

    @classmethod
    def random(cls, chance: np.random.Generator, size: int) -> "Canvas":
        """Chooses place, size and a slight turn for a picture of some size in pixels."""
        side = size * SUPERSAMPLING
        radius = side * chance.uniform(0.24, 0.44)
        x, y = chance.uniform(radius, side - radius, 2)
        angle = math.radians(chance.uniform(-12, 12))
        width = max(SUPERSAMPLING, round(radius * chance.uniform(0.18, 0.28)))
        return cls(Image.new("L", (side, side)), chance, (x, y), radius, angle, width)

    @property
    def pen(self) -> ImageDraw.ImageDraw:
        """Draws on the mask."""
        return ImageDraw.Draw(self.mask)

    def points(self, places: Sequence[Point]) -> list[Point]:
        """Returns where places between -1 and 1 (x to the right, y down) come to lie."""
        cosine, sine = self.radius * math.cos(self.angle), self.radius * math.sin(self.angle)
        left, top = self.centre
        return [(left + cosine * x - sine * y, top + sine * x + cosine * y) for x, y in places]

    def polygon(self, places: Sequence[Point], *, filled: bool) -> None:
        """Draws a closed figure, or its outline."""
        corners = self.points(places)
        if filled:
            self.pen.polygon(corners, fill=255)
        else:
            self.pen.line([*corners, *corners[:2]], fill=255, width=self.width, joint="curve")

    def strokes(self, lines: Sequence[Sequence[Point]]) -> None:
        """Draws lines through places."""
        for line in lines:
            self.pen.line(self.points(line), fill=255, width=self.width, joint="curve")


def painted(canvas: Canvas, size: int) -> np.ndarray:
    """Colours a mask: a figure and a ground that differ clearly, and noise over both.

    Returns:
        uint8 (size, size, 3).
    """
    chance = canvas.chance
    # Two colours can be told apart by their lightness alone, so that grey pictures work too.
    light, dark = chance.uniform(150, 255, 3), chance.uniform(0, 105, 3)
    ground, figure = (light, dark) if chance.random() < 0.5 else (dark, light)
    share = np.asarray(canvas.mask.reduce(SUPERSAMPLING), np.float32)[..., None] / 255.0
    pixels = ground + (figure - ground) * share
    pixels += chance.standard_normal((size, size, 3), np.float32) * chance.uniform(0, 12)
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)
