"""The picture of `predict --plot`: each picture beside the probabilities of its best classes."""

import io
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from apps.image_classification.example import Example
from apps.image_classification.report_pictures import cut
from shared.errors import UserError
from shared.files import written_whole
from shared.images.thumbnail import thumbnail

# More rows than this make a picture nobody reads.
MOST_PICTURES = 8
# Letters of a name that are drawn.
_LONGEST = 48


def draw_answers(results: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draws one row a picture: its middle square, and how probable each class is.

    Args:
        results: answers of `predict`; the first few are drawn. What was given as bytes, or is gone
            by now, has no picture beside its bars.
        path: a picture file, its format told by the suffix (.png, .svg, .pdf).

    Raises:
        UserError: there is nothing to draw, or the format is unknown.
    """
    from matplotlib.figure import Figure
    from PIL import Image

    answered = [result for result in results if result.get("classes")][:MOST_PICTURES]
    if not answered:
        raise UserError("Expected an answered picture to draw, received none.")
    figure = Figure(figsize=(7, 1.8 * len(answered)), layout="constrained")
    suffix = path.suffix.lstrip(".").lower()
    if suffix not in figure.canvas.get_supported_filetypes():
        raise UserError(f"Expected a picture name such as answers.png, received {path.name!r}.")
    rows = figure.subplots(len(answered), 2, squeeze=False, width_ratios=(1, 3))
    for (left, right), result in zip(rows, answered, strict=True):
        left.axis("off")
        name = result["picture"]
        example = Example(name, result["answer"], sha256="", read=Path(name).read_bytes)
        picture = thumbnail(example, crop=1.0)
        if picture:
            left.imshow(Image.open(io.BytesIO(picture)))
        _draw_bars(right, result)
    with written_whole(path) as file, warnings.catch_warnings():
        # Scripts that the font lacks are drawn as boxes; no reason to fill the terminal.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(file, format=suffix, dpi=120)


def _draw_bars(axes: Any, result: Mapping[str, Any]) -> None:
    classes = result["classes"]
    heights = range(len(classes))
    axes.barh(heights, [one["probability"] for one in classes], color="tab:blue")
    for height, one in zip(heights, classes, strict=True):
        axes.text(one["probability"], height, f" {one['probability']:.3f}", va="center", fontsize=8)
    # Names are drawn as they are: `$` and `_` are no formulas here.
    axes.set_yticks(
        heights, [cut(one["label"], longest=_LONGEST) for one in classes], parse_math=False
    )
    axes.set(xlim=(0, 1.15), xticks=[])
    axes.invert_yaxis()
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_title(
        cut(Path(result["picture"]).name, longest=_LONGEST),
        loc="left",
        fontsize=9,
        parse_math=False,
    )
