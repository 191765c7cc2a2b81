"""How a report is printed: for a person, or as one JSON object."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Literal

from apps.image_captioning.evaluation.report import Report, ScoredCaption
from apps.image_captioning.evaluation.report_words import diversity_rows, score_title
from shared.html_page import shown

Format = Literal["text", "json"]


def print_report(report: Report, *, form: Format) -> None:
    """Prints scores, how various the captions are, and the best and worst of them.

    Args:
        report: of one run.
        form: text or json.
    """
    if form == "json":
        print(json.dumps(as_json(report)))
        return
    print(shown(report.title))
    print(f"{report.images:,} images; {report.counted_by}\n")
    rows: list[tuple[str, int | float]] = [
        (score_title(name), value) for name, value in report.scores.items()
    ]
    rows += diversity_rows(report.diversity)
    width = max(len(title) for title, _ in rows)
    for title, value in rows:
        print(f"{title:<{width}}  {f'{value:.2f}' if isinstance(value, float) else f'{value:,}'}")
    _print_captions("Best", report.best)
    _print_captions("Worst", report.worst)


def as_json(report: Report) -> dict[str, object]:
    """Returns the report as JSON values, without its pictures."""
    told = asdict(report)
    for name in ("best", "worst"):
        told[name] = [
            {key: value for key, value in one.items() if key != "picture"} for one in told[name]
        ]
    return told


def _print_captions(title: str, captions: Sequence[ScoredCaption]) -> None:
    for number, one in enumerate(captions, start=1):
        scores = "  ".join(
            f"{score_title(name)} {one.scores[name]:.1f}" for name in ("cider", "bleu_4")
        )
        print(f"\n{title} {number}  {shown(one.name)}  {scores}")
        print(f"    ours    {shown(one.caption)}")
        for text in one.references:
            print(f"    people  {shown(text)}")
