"""The picture of a run: its scores over its epochs, as curve.png."""

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from shared.files import written_whole

NOT_SCORES = ("stage", "epoch", "step", "seconds", "items_per_second", "learning_rate")


def draw_curve(rows: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draws one small plot for each score; training and validation share one.

    Args:
        rows: as in metrics.jsonl; the stages are set off by dotted lines.
        path: of the PNG file.
    """
    # matplotlib.figure keeps no global state and opens no window, unlike pyplot.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = score_names(rows)
    figure = Figure(figsize=(4.5 * len(names), 3.4), layout="constrained")
    FigureCanvasAgg(figure)
    epochs = range(1, len(rows) + 1)
    borders = [i + 0.5 for i in range(1, len(rows)) if rows[i]["stage"] != rows[i - 1]["stage"]]
    for axes, name in zip(figure.subplots(1, len(names), squeeze=False)[0], names, strict=True):
        for label, key in (("training", name), ("validation", f"val_{name}")):
            values = [row.get(key) for row in rows]
            if any(value is not None for value in values):
                heights = [float("nan") if value is None else value for value in values]
                axes.plot(epochs, heights, marker=".", label=label)
        for border in borders:
            axes.axvline(border, linestyle=":", color="grey")
        axes.set(title=name, xlabel="epoch")
        axes.xaxis.get_major_locator().set_params(integer=True)
        axes.legend()
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=100)
    with written_whole(path) as file:
        file.write(picture.getvalue())


def score_names(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Lists the scores of all rows, without `val_`, each once and in order.

    Example:
    >>> score_names([{"stage": "a", "loss": 1.0, "val_loss": 2.0, "val_bleu": 3.0}])
    ['loss', 'bleu']
    """
    names = {name.removeprefix("val_"): None for row in rows for name in row}
    return [name for name in names if name not in NOT_SCORES]
