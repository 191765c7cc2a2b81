"""The picture of `predict --attention`: for each word, the photo lit where the network looked."""

import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from shared.data.pictures.item import Item
from shared.errors import DataError, UserError
from shared.files import written_whole
from shared.html_page import shown

# More pictures than this make one that nobody reads.
MOST_PICTURES = 4
# Words are set in rows of this many, each in a square of so many inches and pixels.
COLUMNS = 6
PANEL = 1.7
PIXELS = 168
# How much light a place gets that was not looked at, of 1.
SHADOW = 0.3
_LONGEST = 28


def draw_attention(results: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draws each picture, and again for each word of its caption, lit by the attention.

    Light is in proportion to the weight; the largest of a word, which stands beside it, has all.

    Args:
        results: answers of `predict`; the first few are drawn. What was given as bytes, or is gone
            by now, is drawn as light alone.
        path: a picture file, its format told by the suffix (.png, .svg, .pdf).

    Raises:
        UserError: there is nothing to draw, the network does not look, or the format is unknown.
    """
    from matplotlib.figure import Figure

    worded = [one for one in results if one["attention"]["words"]]
    drawn = [one for one in worded if one["attention"]["weights"]][:MOST_PICTURES]
    if not worded:
        raise UserError("Expected a captioned picture to draw, received none.")
    if not drawn:
        raise UserError(
            "Expected a network that looks at the picture for each word, received one that sees it "
            "only once (show_and_tell); leave out --attention."
        )
    rows = [-(-(1 + len(one["attention"]["words"])) // COLUMNS) for one in drawn]
    figure = Figure(figsize=(PANEL * COLUMNS, (PANEL + 0.3) * sum(rows)), layout="constrained")
    suffix = path.suffix.lstrip(".").lower()
    if suffix not in figure.canvas.get_supported_filetypes():
        raise UserError(f"Expected a picture name such as attention.png, received {path.name!r}.")
    panels = figure.subplots(sum(rows), COLUMNS, squeeze=False)
    for axes in panels.ravel():
        axes.axis("off")
    first = 0
    for result, count in zip(drawn, rows, strict=True):
        _draw(panels[first : first + count].ravel(), result)
        first += count
    with written_whole(path) as file, warnings.catch_warnings():
        # Scripts that the font lacks are drawn as boxes; no reason to fill the terminal.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(file, format=suffix, dpi=120)


def lit(weights: np.ndarray) -> np.ndarray:
    """Returns how much light each pixel of a square picture gets, float32 (PIXELS, PIXELS), 0 to 1.

    Args:
        weights: (R,), of R places of a square, row by row; the largest is above 0.
    """
    from PIL import Image

    side = round(len(weights) ** 0.5)
    square = Image.fromarray((weights / weights.max()).astype(np.float32).reshape(side, side))
    smooth = np.asarray(square.resize((PIXELS, PIXELS), Image.Resampling.BILINEAR))
    return SHADOW + (1 - SHADOW) * smooth


def _draw(panels: Iterable[Any], result: Mapping[str, Any]) -> None:
    attention = result["attention"]
    pixels = _seen(result["picture"], crop=attention["crop"])
    words, weights = attention["words"], np.array(attention["weights"], np.float32)
    name = shown(Path(result["picture"]).name)
    name = name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}\N{HORIZONTAL ELLIPSIS}"
    titles = [f"{word}  {row.max():.2f}" for word, row in zip(words, weights, strict=True)]
    lights = [lit(row)[..., None] for row in weights]
    for axes, title, light in zip(panels, [name, *titles], [1.0, *lights], strict=False):
        axes.imshow(np.clip(pixels * light, 0.0, 1.0))
        # Words are drawn as they are: `$` and `_` are no formulas here.
        axes.set_title(title, fontsize=8, parse_math=False)


def _seen(name: str, *, crop: float) -> np.ndarray:
    """Returns the square of a picture that the network saw, (PIXELS, PIXELS, 3), 0 to 1."""
    from shared.images.reading import decode_images

    try:
        item = Item(name, Path(name).read_bytes())
        return decode_images([item], [item.data], size=PIXELS, crop=crop)[0] / 255.0
    except (OSError, DataError):
        return np.ones((PIXELS, PIXELS, 3), np.float32)
