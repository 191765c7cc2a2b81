"""How a report and a comparison are printed: for a person, or as one JSON object."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Literal

from apps.translation.scoring.compare import LEVEL, Comparison
from apps.translation.scoring.report import LengthScore, Report
from shared.output import print_scores

Format = Literal["text", "json"]


def print_report(report: Report, *, notes: Mapping[str, str], form: Format) -> None:
    """Prints the scores, a table by length, and the worst sentences.

    Args:
        report: of one run.
        notes: how the scores were counted, by a name each.
        form: text or json.
    """
    scores: dict[str, float | str] = {**report.scores, **notes}
    if form == "json":
        print(json.dumps({**asdict(report), "scores": scores}, ensure_ascii=False))
        return
    print_scores(scores, form="text")
    print()
    _print_table(
        ("source words", "sentences", "bleu", "chrf", "length ratio"),
        [
            (
                _lengths(one),
                str(one.sentences),
                f"{one.bleu:.2f}",
                f"{one.chrf:.2f}",
                f"{one.length_ratio:.3f}",
            )
            for one in report.by_length
        ],
    )
    for one in report.worst:
        print(f"\n{one.number}  chrf {one.chrf:.1f}  bleu {one.bleu:.1f}")
        print(f"    source       {one.source}")
        print(f"    translation  {one.translation}")
        print(f"    reference    {one.reference}")


def print_comparison(
    comparisons: Sequence[Comparison], *, names: tuple[str, str], form: Format
) -> None:
    """Prints each score of both runs, its interval, the p-value, and the verdict in words.

    Args:
        comparisons: one a score.
        names: of the two runs.
        form: text or json.
    """
    verdicts = [_verdict(one, names) for one in comparisons]
    if form == "json":
        told = {
            one.metric: {**asdict(one), "verdict": verdict}
            for one, verdict in zip(comparisons, verdicts, strict=True)
        }
        print(json.dumps({"runs": names, **told}, ensure_ascii=False))
        return
    _print_table(
        ("score", *names, "p"),
        [
            (one.metric, _scored(one, 0), _scored(one, 1), f"{one.p_value:.4f}")
            for one in comparisons
        ],
    )
    print()
    for one, verdict in zip(comparisons, verdicts, strict=True):
        print(f"{verdict}  {one.signature}")


def _verdict(one: Comparison, names: tuple[str, str]) -> str:
    if one.better is None:
        return f"{one.metric}: no difference that could not be chance (p = {one.p_value:.3f})."
    by = abs(one.scores[0] - one.scores[1])
    return (
        f"{one.metric}: {names[one.better]} is better by {by:.2f} "
        f"(p = {one.p_value:.3f}, below {LEVEL})."
    )


def _scored(one: Comparison, run: int) -> str:
    low, high = one.intervals[run]
    return f"{one.scores[run]:.2f} [{low:.2f}, {high:.2f}]"


def _lengths(one: LengthScore) -> str:
    if one.longest is None:
        return f"{one.shortest} or more"
    return f"{one.shortest} to {one.longest}"


def _print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in (header, *rows):
        cells = [f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells))
