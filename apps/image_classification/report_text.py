"""How a report is printed: for a person, or as one JSON object."""

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from apps.image_classification.report import Report
from apps.image_classification.report_words import score_title
from shared.html_page import shown

if TYPE_CHECKING:
    from rich.table import Table

Format = Literal["text", "json"]


def print_report(report: Report, *, form: Format) -> None:
    """Prints scores, classes, confusions and the worst mistakes.

    Args:
        report: of one run.
        form: text or json.
    """
    if form == "json":
        print(json.dumps(as_json(report), ensure_ascii=True))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    found = report.evaluation
    console.print(Text(shown(report.title), style="bold"))
    low, high = found.interval
    console.print(f"{found.pictures:,} pictures; accuracy 95 % interval {low:.2f} to {high:.2f}")
    scores = [(score_title(name), f"{value:.2f}") for name, value in found.scores.items()]
    console.print(_table(("", "%"), scores))
    if report.few_shot:
        rows = [
            (str(shots), f"{sum(one) / len(one):.2f}", f"{min(one):.2f}", f"{max(one):.2f}")
            for shots, one in report.few_shot.items()
        ]
        console.print(_table(("pictures a class", "accuracy", "lowest", "highest"), rows))
    classes = [
        (one.name, f"{one.precision:.2f}", f"{one.recall:.2f}", f"{one.f1:.2f}", str(one.pictures))
        for one in found.classes
    ]
    console.print(_table(("class", "precision", "recall", "F1", "pictures"), classes))
    if report.confusions:
        often = [(a, b, str(count)) for a, b, count in report.confusions]
        console.print(_table(("class", "was given", "pictures"), often))
    if report.worst:
        worst = [
            (one.name, one.label, one.predicted, f"{one.probability:.3f}") for one in report.worst
        ]
        console.print(_table(("picture", "class", "was given", "probability"), worst))


def as_json(report: Report) -> dict[str, object]:
    """Returns the report as JSON values, without its pictures."""
    found = report.evaluation
    return {
        "title": report.title,
        "pictures": found.pictures,
        "scores": found.scores,
        "accuracy_interval_percent": list(found.interval),
        "classes": [vars(one) for one in found.classes],
        "confusions": [list(one) for one in report.confusions],
        "reliability": [vars(one) for one in found.bins],
        "few_shot": {str(shots): list(one) for shots, one in report.few_shot.items()},
        "worst": [
            {key: value for key, value in vars(one).items() if key != "picture"}
            for one in report.worst
        ],
    }


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> "Table":
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE)
    # Names stand to the left, numbers to the right.
    for place, head in enumerate(heads):
        is_name = place == 0 or head in ("class", "was given")
        table.add_column(head, justify="left" if is_name else "right", overflow="fold")
    for row in rows:
        # As Text, since a name may look like rich's own marks.
        table.add_row(*(Text(shown(cell)) for cell in row))
    return table
