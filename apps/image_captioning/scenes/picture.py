"""Scenes to pixels."""

import random

from PIL import Image, ImageDraw

from apps.image_captioning.scenes.scene import CELLS, COLOURS, GROUNDS, JITTER, SIZES, Scene
from shared.images.figures import Point, regular_figure

# Drawn larger and shrunk, slanting edges become smooth.
SUPERSAMPLING = 2
# How far a figure's colour is from that of its name at most, of 255.
SHADE = 12
CORNERS: dict[str, list[Point]] = {
    "circle": regular_figure(32),
    "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "triangle": [(0.0, -1.0), (1.0, 0.85), (-1.0, 0.85)],
    "star": regular_figure(10, (1.1, 0.45)),
}


def paint(scene: Scene, size: int, chance: random.Random) -> Image.Image:
    """Draws a scene.

    Args:
        scene: what to draw.
        size: height and width in pixels.
        chance: of where in its cell a figure stands, and of its shade.

    Returns:
        RGB picture of (size, size).
    """
    side = size * SUPERSAMPLING
    image = Image.new("RGB", (side, side), GROUNDS[scene.ground])
    pen = ImageDraw.Draw(image)
    for thing in scene.things:
        x, y = (
            ((cell + 0.5) / CELLS + chance.uniform(-JITTER, JITTER)) * side
            for cell in (thing.column, thing.row)
        )
        radius = SIZES[thing.size] * side
        red, green, blue = (
            min(255, max(0, part + chance.randint(-SHADE, SHADE))) for part in COLOURS[thing.colour]
        )
        corners = [
            (x + radius * across, y + radius * down) for across, down in CORNERS[thing.shape]
        ]
        pen.polygon(corners, fill=(red, green, blue))
    return image.reduce(SUPERSAMPLING)
