"""The picture of `predict --plot`: which sentences each hop looked at."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from shared.errors import UserError
from shared.files import written_whole

# More panels than this make a picture nobody reads.
MOST_QUESTIONS = 6
# Of a longer story only the sentences are drawn to which some hop gives this share or more.
MOST_SENTENCES = 12
SEEN = 0.01


def draw_attention(results: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draws one panel a question: sentences down, hops across, attention as colour.

    Args:
        results: answers of `predict` with their `hops`; the first few are drawn.
        path: a picture file, its format told by the suffix (.png, .svg, .pdf).

    Raises:
        UserError: there is nothing to draw, or the format is unknown.
    """
    from matplotlib.figure import Figure

    shown = [result for result in results if any(result["hops"])][:MOST_QUESTIONS]
    if not shown:
        raise UserError("Expected an answered question with a story to draw, received none.")
    suffix = path.suffix.lstrip(".").lower()
    heights = [0.9 + 0.3 * len(_told(result)) for result in shown]
    figure = Figure(figsize=(8, sum(heights)), layout="constrained")
    if suffix not in figure.canvas.get_supported_filetypes():
        raise UserError(f"Expected a picture name such as attention.png, received {path.name!r}.")
    panels = figure.subplots(len(shown), squeeze=False, height_ratios=heights)[:, 0]
    for panel, result in zip(panels, shown, strict=True):
        _draw_panel(panel, result)
    with written_whole(path) as file:
        figure.savefig(file, format=suffix, dpi=120)


def _told(result: Mapping[str, Any]) -> dict[int, str]:
    """Returns the sentences to draw by their index: all of a short story, else those seen."""
    story = {entry["index"]: entry["sentence"] for entry in result["hops"][0]}
    seen = {entry["index"] for hop in result["hops"] for entry in hop if entry["weight"] >= SEEN}
    few = len(story) <= MOST_SENTENCES
    return {index: story[index] for index in sorted(story) if few or index in seen}


def _draw_panel(panel: Any, result: Mapping[str, Any]) -> None:
    told = _told(result)
    rows = {index: row for row, index in enumerate(told)}
    weights = np.zeros((len(rows), len(result["hops"])))
    for column, hop in enumerate(result["hops"]):
        for entry in hop:
            if entry["index"] in rows:
                weights[rows[entry["index"]], column] = entry["weight"]
    panel.imshow(weights, aspect="auto", cmap="Blues", vmin=0.0, vmax=1.0)
    for (row, column), weight in np.ndenumerate(weights):
        panel.text(
            column,
            row,
            f"{weight:.2f}",
            ha="center",
            va="center",
            color="white" if weight > 0.6 else "black",
        )
    panel.set_yticks(list(rows.values()), [f"{index}  {told[index]}" for index in rows])
    panel.set_xticks(
        range(len(result["hops"])), [f"hop {hop + 1}" for hop in range(len(result["hops"]))]
    )
    panel.set_title(f"{result['answer']}  ({result['probability']:.2f})", loc="left")
