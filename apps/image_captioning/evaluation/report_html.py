"""A report as one HTML file that needs nothing else; the verb `report` writes it."""

from collections.abc import Sequence
from pathlib import Path

from apps.image_captioning.evaluation.report import Report, ScoredCaption
from apps.image_captioning.evaluation.report_words import (
    BEST,
    DIVERSITY,
    SCORES,
    WORST,
    diversity_rows,
    score_title,
)
from shared.files import write_text
from shared.html_page import gallery, heading, image, page, paragraph, table


def write_report(report: Report, path: Path) -> None:
    """Writes the report whole."""
    write_text(path, render_report(report))


def render_report(report: Report) -> str:
    """Returns the report as HTML, with its pictures inside it."""
    scores = [(score_title(name), value) for name, value in report.scores.items()]
    parts = [
        heading("Scores"),
        paragraph(f"{report.images:,} images. Counted by {report.counted_by}. {SCORES}"),
        table(("", "times 100"), scores),
        heading("How various"),
        paragraph(DIVERSITY),
        table(("", ""), diversity_rows(report.diversity)),
        *_pictures("Best", BEST, report.best),
        *_pictures("Worst", WORST, report.worst),
    ]
    return page(report.title, parts)


def _pictures(title: str, told: str, captions: Sequence[ScoredCaption]) -> list[str]:
    if not captions:
        return []
    entries = [
        (
            image(one.picture, alt=one.name, form="jpeg") if one.picture else "",
            (
                f"ours: {one.caption}",
                f"{score_title('cider')} {one.scores['cider']:.1f}",
                *(f"\N{BULLET} {text}" for text in one.references),
                one.name,
            ),
        )
        for one in captions
    ]
    return [heading(title), paragraph(told), gallery(entries)]
