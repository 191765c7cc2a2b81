"""The pictures of a report, each as the bytes of a file."""

import io
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from apps.image_classification.evaluation.calibration import Bin
from shared.html_page import shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# With more classes than these, names and then numbers could not be read.
MOST_NAMED, MOST_NUMBERED = 60, 25
_LONGEST = 24


def confusion_picture(confusions: np.ndarray, *, names: Sequence[str]) -> bytes:
    """Draws the share of the pictures of class i, down, that were given class j, across.

    Args:
        confusions: int (C, C).
        names: of the C classes.
    """
    classes = len(names)
    shares = confusions / np.maximum(1, confusions.sum(axis=1, keepdims=True))
    side = 2.5 + 0.3 * min(classes, MOST_NAMED)
    figure = _figure(side, side)
    axes = figure.subplots()
    axes.imshow(shares, cmap="Blues", vmin=0.0, vmax=1.0)
    axes.set(xlabel="given", ylabel="class")
    if classes <= MOST_NAMED:
        # Names are drawn as they are: `$` and `_` are no formulas here.
        labels = [cut(name, longest=_LONGEST) for name in names]
        axes.set_xticks(range(classes), labels, rotation=90, parse_math=False)
        axes.set_yticks(range(classes), labels, parse_math=False)
    if classes <= MOST_NUMBERED:
        _number(axes, confusions, shares)
    return _png(figure)


def reliability_picture(bins: Sequence[Bin], before: Sequence[Bin] | None = None) -> bytes:
    """Draws how often answers are right against how sure they are; on the line both are equal."""
    panels = [("before", before), ("after", bins)] if before else [("", bins)]
    figure = _figure(4.2 * len(panels), 4.2)
    for axes, (title, drawn) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True
    ):
        full = [one for one in drawn or () if one.pictures]
        middles = [(one.low + one.high) / 2 for one in full]
        widths = [0.95 * (one.high - one.low) for one in full]
        axes.bar(middles, [one.accuracy for one in full], widths, color="tab:blue")
        axes.scatter(
            [one.confidence for one in full],
            [one.accuracy for one in full],
            s=14,
            color="tab:orange",
            zorder=3,
        )
        axes.plot([0, 1], [0, 1], color="grey", linestyle=":")
        axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="probability", ylabel="share right", title=title)
    return _png(figure)


def few_shot_picture(few_shot: Mapping[int, Sequence[float]]) -> bytes:
    """Draws the mean accuracy against the training pictures a class, with its range over seeds."""
    figure = _figure(6, 3.6)
    axes = figure.subplots()
    shots = list(few_shot)
    low, high = ([pick(one) for one in few_shot.values()] for pick in (min, max))
    axes.fill_between(shots, low, high, alpha=0.25)
    axes.plot(shots, [float(np.mean(one)) for one in few_shot.values()], marker="o")
    axes.set_xscale("log")
    axes.set_xticks(shots, [str(one) for one in shots])
    axes.minorticks_off()
    axes.set(xlabel="training pictures a class", ylabel="accuracy, %")
    return _png(figure)


def cut(name: str, *, longest: int) -> str:
    """Returns a name as it can be drawn, with dots for what is too long."""
    name = shown(name)
    return name if len(name) <= longest else f"{name[: longest - 1]}\N{HORIZONTAL ELLIPSIS}"


def _number(axes: "Axes", confusions: np.ndarray, shares: np.ndarray) -> None:
    for (row, column), count in np.ndenumerate(confusions):
        if count:
            color = "white" if shares[row, column] > 0.6 else "black"
            axes.text(column, row, str(count), ha="center", va="center", color=color, fontsize=7)


def _figure(width: float, height: float) -> "Figure":
    # matplotlib.figure keeps no global state and opens no window, unlike pyplot.
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def _png(figure: "Figure") -> bytes:
    file = io.BytesIO()
    with warnings.catch_warnings():
        # Scripts that the font lacks are drawn as boxes; no reason to fill the terminal.
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure.savefig(file, format="png", dpi=100)
    return file.getvalue()
