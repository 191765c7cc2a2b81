"""Shapes with a place of their own: filled, outlined, or made of two strokes."""

from apps.image_classification.drawing.canvas import Canvas
from shared.images.figures import regular_figure

SQUARE = ((-0.8, -0.8), (0.8, -0.8), (0.8, 0.8), (-0.8, 0.8))
CIRCLE, TRIANGLE = regular_figure(40), regular_figure(3)
STAR = regular_figure(10, (1.0, 0.4))


def disc(canvas: Canvas) -> None:
    """Draws a filled circle."""
    canvas.polygon(CIRCLE, filled=True)


def ring(canvas: Canvas) -> None:
    """Draws an outlined circle."""
    canvas.polygon(CIRCLE, filled=False)


def square(canvas: Canvas) -> None:
    """Draws a filled square."""
    canvas.polygon(SQUARE, filled=True)


def frame(canvas: Canvas) -> None:
    """Draws an outlined square."""
    canvas.polygon(SQUARE, filled=False)


def triangle(canvas: Canvas) -> None:
    """Draws a filled triangle."""
    canvas.polygon(TRIANGLE, filled=True)


def outlined_triangle(canvas: Canvas) -> None:
    """Draws an outlined triangle."""
    canvas.polygon(TRIANGLE, filled=False)


def star(canvas: Canvas) -> None:
    """Draws a filled star of five points."""
    canvas.polygon(STAR, filled=True)


def cross(canvas: Canvas) -> None:
    """Draws two strokes across each other."""
    canvas.strokes([[(-1, 0), (1, 0)], [(0, -1), (0, 1)]])
