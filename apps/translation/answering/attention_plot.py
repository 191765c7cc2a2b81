"""The picture of `predict --plot`: where each piece of a translation looked in its source."""

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from shared.errors import UserError
from shared.files import written_whole

# More panels than this, or more pieces in one, make a picture nobody reads.
MOST_SENTENCES = 4
MOST_PIECES = 40
# Of a piece, in inches.
PIECE = 0.3


def draw_attention(results: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draws one panel a sentence: its translation down, the source across, attention as colour.

    Args:
        results: answers of `predict` with their `alignment`; the first few are drawn.
        path: a picture file, its format told by the suffix (.png, .svg, .pdf).

    Raises:
        UserError: there is nothing to draw, or the format is unknown.
    """
    from matplotlib.figure import Figure

    shown = [result for result in results if result["alignment"]["target_tokens"]]
    shown = shown[:MOST_SENTENCES]
    if not shown:
        raise UserError("Expected a translated sentence to draw, received none.")
    heights = [1.5 + PIECE * len(_drawn(result, "target_tokens")) for result in shown]
    width = 1.5 + PIECE * max(len(_drawn(result, "source_tokens")) for result in shown)
    figure = Figure(figsize=(max(4.0, width), sum(heights)), layout="constrained")
    suffix = path.suffix.lstrip(".").lower()
    if suffix not in figure.canvas.get_supported_filetypes():
        raise UserError(f"Expected a picture name such as attention.png, received {path.name!r}.")
    panels = figure.subplots(len(shown), squeeze=False, height_ratios=heights)[:, 0]
    for panel, result in zip(panels, shown, strict=True):
        _draw_panel(panel, result)
    with written_whole(path) as file, warnings.catch_warnings():
        # Scripts that the font lacks are drawn as boxes; no reason to fill the terminal.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(file, format=suffix, dpi=120)


def _drawn(result: Mapping[str, Any], side: str) -> list[str]:
    return result["alignment"][side][:MOST_PIECES]


def _draw_panel(panel: Any, result: Mapping[str, Any]) -> None:
    across, down = (_drawn(result, side) for side in ("source_tokens", "target_tokens"))
    weights = np.array(result["alignment"]["weights"])[: len(down), : len(across)]
    panel.imshow(weights, aspect="auto", cmap="Blues", vmin=0.0, vmax=1.0)
    # Pieces are drawn as they are: `$` and `_` are no formulas here.
    as_it_is = {"parse_math": False}
    panel.set_xticks(
        range(len(across)), across, rotation=60, ha="left", rotation_mode="anchor", **as_it_is
    )
    panel.set_yticks(range(len(down)), down, **as_it_is)
    panel.xaxis.tick_top()
    sizes = [len(result["alignment"][side]) for side in ("source_tokens", "target_tokens")]
    if max(sizes) > MOST_PIECES:
        panel.set_xlabel(f"the first {MOST_PIECES} pieces of {sizes[0]}, and of {sizes[1]} below")
