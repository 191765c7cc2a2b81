"""The pictures of an audit's report, each as the bytes of a PNG file."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps.word_analogies.audit.professions import Profession
from apps.word_analogies.audit.weat import WeatResult
from apps.word_analogies.pictures.figure import figure_bytes, label_points, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BEFORE, AFTER = "tab:orange", "tab:blue"


def lean_picture(professions: Sequence[Profession]) -> bytes:
    """Draws where each profession lies on the gender direction, before against after."""
    figure = new_figure(8, 4.2)
    axes = figure.subplots()
    before = [one.lean_before for one in professions]
    after = [one.lean_after for one in professions]
    reach = 1.15 * max(0.05, *map(abs, before), *map(abs, after))
    axes.axhline(0, color="lightgrey", zorder=0)
    axes.axvline(0, color="lightgrey", zorder=0)
    axes.plot([-reach, reach], [-reach, reach], color="lightgrey", linestyle=":", zorder=0)
    axes.scatter(before, after, s=12, color=AFTER)
    _label(axes, professions, after, apart=(0.03, 2.0), rotation=60)
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach))
    axes.set(xlabel="before: men to women", ylabel="after")
    axes.set_title("Professions on the gender direction")
    return figure_bytes(figure)


def neighbour_picture(professions: Sequence[Profession]) -> bytes:
    """Draws the lean before against the share of neighbours that leaned to men."""
    figure = new_figure(10, 4.2)
    panels = figure.subplots(1, 2, sharey=True)
    for axes, title, color in zip(panels, ("before", "after"), (BEFORE, AFTER), strict=True):
        near = [getattr(one, f"near_men_{title}") for one in professions]
        axes.scatter([one.lean_before for one in professions], near, s=12, color=color)
        _label(axes, professions, near, apart=(0.2, 0.06))
        axes.set(title=f"neighbours {title} de-biasing", xlabel="lean before: men to women")
        axes.margins(0.15)
    panels[0].set_ylabel("neighbours that leaned to men, %")
    return figure_bytes(figure)


def explained_picture(explained: Sequence[float]) -> bytes:
    """Draws how much of the differences inside gender pairs each component takes."""
    figure = new_figure(5, 3)
    axes = figure.subplots()
    axes.bar(range(1, len(explained) + 1), [100 * share for share in explained], color=AFTER)
    axes.set(xlabel="principal component", ylabel="variance, %", title="Gender pairs")
    axes.set_xticks(range(1, len(explained) + 1))
    return figure_bytes(figure)


def weat_picture(before: Sequence[WeatResult], after: Sequence[WeatResult]) -> bytes:
    """Draws the effect sizes of all tests."""
    names = list(dict.fromkeys(one.name for one in (*before, *after)))
    figure = new_figure(8, 1.2 + 0.55 * len(names))
    axes = figure.subplots()
    for shift, results, color, label in (
        (-0.18, before, BEFORE, "before"),
        (0.18, after, AFTER, "after"),
    ):
        rows = [names.index(one.name) + shift for one in results]
        sizes = [one.effect_size for one in results]
        axes.barh(rows, sizes, height=0.34, color=color, label=label)
    axes.axvline(0, color="grey", linewidth=0.8)
    axes.set_yticks(range(len(names)), names, parse_math=False)
    axes.invert_yaxis()
    axes.set(xlim=(-2, 2), xlabel="effect size d")
    axes.legend()
    return figure_bytes(figure)


def _label(
    axes: "Axes",
    professions: Sequence[Profession],
    heights: Sequence[float],
    *,
    apart: tuple[float, float],
    rotation: float = 0,
) -> None:
    """Names professions, those that lean most first, where a name covers no other.

    Args:
        axes: where the points are.
        professions: in the order of their lean.
        heights: of their points.
        apart: shares of the width and the height that two named points are apart, at least one.
        rotation: of the names, in degrees.
    """
    places = [(one.lean_before, height) for one, height in zip(professions, heights, strict=True)]
    width, height = (max(side) - min(side) or 1.0 for side in zip(*places, strict=True))
    inwards = sorted(range(len(places)), key=lambda row: min(row, len(places) - 1 - row))
    chosen: list[int] = []
    for row in inwards:
        across, up = places[row]
        free = all(
            abs(across - places[other][0]) > apart[0] * width
            or abs(up - places[other][1]) > apart[1] * height
            for other in chosen
        )
        if free:
            chosen.append(row)
    label_points(
        axes,
        [places[row] for row in chosen],
        [professions[row].word for row in chosen],
        size=7,
        rotation=rotation,
    )
