"""A report as one HTML file that needs nothing else; the verb `report` writes it."""

from pathlib import Path

import numpy as np

from apps.image_classification.report import Report
from apps.image_classification.report_pictures import (
    confusion_picture,
    few_shot_picture,
    reliability_picture,
)
from apps.image_classification.report_words import CALIBRATION, CONFUSION, WORST, score_title
from shared.files import write_text
from shared.html_page import gallery, heading, image, page, paragraph, table


def write_report(report: Report, path: Path) -> None:
    """Writes the report whole."""
    write_text(path, render_report(report))


def render_report(report: Report) -> str:
    """Returns the report as HTML, with its pictures inside it."""
    parts = [
        _scores(report),
        _few_shot(report),
        _classes(report),
        _confusion(report),
        _calibration(report),
        _worst(report),
    ]
    return page(report.title, parts)


def _scores(report: Report) -> str:
    found = report.evaluation
    low, high = found.interval
    rows = [(score_title(name), value) for name, value in found.scores.items()]
    told = (
        f"{found.pictures:,} pictures of {len(found.classes):,} classes. The accuracy lies between "
        f"{low:.2f} and {high:.2f} % (95 % interval, bootstrap)."
    )
    return heading("Scores") + paragraph(told) + table(("", "%"), rows)


def _few_shot(report: Report) -> str:
    if not report.few_shot:
        return ""
    rows = [
        (shots, float(np.mean(found)), min(found), max(found), len(found))
        for shots, found in report.few_shot.items()
    ]
    heads = ("pictures a class", "accuracy, %", "lowest", "highest", "seeds")
    return (
        heading("With few pictures")
        + table(heads, rows)
        + image(few_shot_picture(report.few_shot), alt="accuracy by training pictures a class")
    )


def _classes(report: Report) -> str:
    rows = [
        (one.name, one.precision, one.recall, one.f1, one.pictures)
        for one in report.evaluation.classes
    ]
    heads = ("class", "precision, %", "recall, %", "F1, %", "pictures")
    return heading("Classes") + table(heads, rows)


def _confusion(report: Report) -> str:
    found = report.evaluation
    picture = confusion_picture(found.confusions, names=[one.name for one in found.classes])
    often = table(("class", "was given", "pictures"), report.confusions)
    return (
        heading("Confusion")
        + paragraph(CONFUSION)
        + image(picture, alt="classes down, given classes across")
        + (often if report.confusions else "")
    )


def _calibration(report: Report) -> str:
    found = report.evaluation
    picture = reliability_picture(found.bins, found.bins_before)
    return (
        heading("Calibration")
        + paragraph(CALIBRATION)
        + image(picture, alt="share of right answers by their probability")
    )


def _worst(report: Report) -> str:
    if not report.worst:
        return heading("Mistakes") + paragraph("None.")
    entries = [
        (
            image(one.picture, alt=one.name, form="jpeg") if one.picture else "",
            (
                f"is: {one.label}",
                f"given: {one.predicted}, {one.probability:.3f}",
                one.name,
            ),
        )
        for one in report.worst
    ]
    return heading("Mistakes") + paragraph(WORST) + gallery(entries)
