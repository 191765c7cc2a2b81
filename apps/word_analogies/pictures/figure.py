"""A matplotlib figure without a window or global state, and ways to keep it."""

import io
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shared.errors import UserError
from shared.files import written_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FORMATS = ("png", "svg", "pdf")


def new_figure(width: float, height: float) -> "Figure":
    """Returns an empty figure; sizes in inches."""
    # matplotlib.figure keeps no global state and opens no window, unlike pyplot.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def label_points(
    axes: "Axes",
    places: Sequence[Sequence[float]],
    words: Sequence[str],
    *,
    size: float = 9,
    above: bool = False,
    rotation: float = 0,
) -> None:
    """Writes each word beside its point, as it is: `$` and `_` are no formulas here.

    Args:
        axes: where the points are.
        places: (across, up) of each point.
        words: one a point.
        size: of the letters, in points.
        above: whether to centre a word above its point.
        rotation: of the words, in degrees.
    """
    for (across, up), word in zip(places, words, strict=True):
        axes.annotate(
            word,
            (across, up),
            xytext=(0, 6) if above else (4, 3),
            textcoords="offset points",
            ha="center" if above else "left",
            fontsize=size,
            rotation=rotation,
            rotation_mode="anchor",
            parse_math=False,
        )


def picture_path(path: Path) -> str:
    """Returns the format of a picture by its name.

    Raises:
        UserError: the name ends in nothing that can be drawn.
    """
    suffix = path.suffix.lstrip(".").lower()
    if suffix not in FORMATS:
        raise UserError(
            f"Expected a picture name that ends in .{', .'.join(FORMATS)}, received {path.name!r}."
        )
    return suffix


def figure_bytes(figure: "Figure", form: str = "png") -> bytes:
    """Returns the file of a figure."""
    picture = io.BytesIO()
    with warnings.catch_warnings():
        # Words of scripts that the font lacks are drawn as boxes; no reason to fill the terminal.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(picture, format=form, dpi=110)
    return picture.getvalue()


def save_figure(figure: "Figure", path: Path) -> None:
    """Writes a figure whole, in the format that its name says.

    Raises:
        UserError: the name ends in nothing that can be drawn.
    """
    content = figure_bytes(figure, picture_path(path))
    with written_whole(path) as file:
        file.write(content)
