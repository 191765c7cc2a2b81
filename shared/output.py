"""How results are printed: for a person, as JSON, or as tab-separated values.

Results go to stdout and nothing else does; logs and progress go to stderr.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

Format = Literal["text", "json", "tsv"]


def print_results(
    results: Iterable[Mapping[str, Any]],
    *,
    form: Format,
    details: Callable[[Mapping[str, Any]], Sequence[str]] | None = None,
) -> None:
    """Prints results as they come: JSON lines, or one line of fields each.

    Text and TSV show the plain fields; nested ones are in the JSON form only, except for what
    `details` makes of them: lines that stand under an answer in the text form.
    """
    header: list[str] | None = None
    waiting: list[str] = []  # errors that came before the answer which names the columns
    for result in results:
        if form == "json":
            print(json.dumps(result, ensure_ascii=False), flush=True)
            continue
        plain = {key: _cell(value) for key, value in result.items() if not _nested(value)}
        if form == "text":
            fields = [_field(key, value) for key, value in plain.items() if value]
            lines = details(result) if details and "error" not in result else ()
            print("  ".join(fields), *(f"    {line}" for line in lines), sep="\n", flush=True)
            continue
        error = plain.pop("error", "")
        if header is None and error:
            waiting.append(error)
            continue
        if header is None:
            header = list(plain)
            _print_rows([[*header, "error"], *_error_rows(header, waiting)])
        _print_rows([[*(plain.get(column, "") for column in header), error]])
    if header is None and waiting:
        _print_rows([["error"], *_error_rows([], waiting)])


def _error_rows(header: Sequence[str], errors: Iterable[str]) -> list[list[str]]:
    return [[*("" for _ in header), error] for error in errors]


def _print_rows(rows: Iterable[Sequence[str]]) -> None:
    for row in rows:
        print("\t".join(row), flush=True)


def print_scores(scores: Mapping[str, float | str], *, form: Format) -> None:
    """Prints one object of scores, and of notes on them, or one line each."""
    if form == "json":
        print(json.dumps(dict(scores)))
        return
    width = max(map(len, scores), default=0) if form == "text" else 0
    for name, value in scores.items():
        separator = "  " if form == "text" else "\t"
        shown = value if isinstance(value, str) else f"{value:.6g}"
        print(f"{name:<{width}}{separator}{shown}")


def _nested(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and any(isinstance(item, Mapping | list) for item in value)
    )


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, list):
        return " ".join(map(str, value))
    # A line break or a tab inside a field would end it.
    return " ".join(str(value).split())


def _field(key: str, value: str) -> str:
    # The first field of a result is its answer, which needs no label.
    return value if key == "answer" else f"{key}: {value}"
