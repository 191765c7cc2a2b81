"""The report of an audit: one HTML file that needs nothing else, with pictures inside it."""

import base64
from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from apps.word_analogies.audit import report_pictures, report_text
from apps.word_analogies.audit.audit import Audit, BeforeAfter, JudgedAnalogy
from shared.files import write_text

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Audit of word vectors</title>
<style>
body { font: 16px/1.5 sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; margin: 1rem 0; }
th, td { padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; }
th { border-bottom: 1px solid #999; }
td.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.columns { display: flex; flex-wrap: wrap; gap: 3rem; }
.stereotype { background: #fde0c5; } .appropriate { background: #d5e8d4; }
img { max-width: 100%; }
p.note { color: #555; }
</style>
</head>
<body>
"""


def write_report(audit: Audit, path: Path) -> None:
    """Writes the report whole."""
    write_text(path, render_report(audit))


def render_report(audit: Audit) -> str:
    """Returns the report as HTML: what was measured, what it means, and what it cannot say."""
    parts = [
        _HEAD,
        "<h1>Audit of word vectors</h1>",
        _paragraph(
            f"{audit.words:,} words of {audit.size} numbers each; word lists: {audit.language}. "
            f"The gender direction is made of {audit.pairs} pairs; {audit.kept:,} words keep "
            "their gender when the vectors are de-biased."
        ),
        _summary(audit),
        _direction(audit),
        _professions(audit),
        _analogies(audit),
        _weat(audit),
        _cost(audit),
        _lists(audit),
        "<h2>Limits</h2>",
        _items(report_text.LIMITS),
        "<h2>Sources</h2>",
        _items(report_text.SOURCES),
        "</body>\n</html>\n",
    ]
    return "\n".join(parts)


def _summary(audit: Audit) -> str:
    residual = audit.residual
    undefined = BeforeAfter(None, None)
    values = {
        "direct_bias": audit.direct_bias,
        **{kind: audit.shares[kind] for kind in ("stereotype", "appropriate")},
        "cluster": undefined
        if residual is None
        else BeforeAfter(residual.cluster_before, residual.cluster_after),
        "classifier": undefined
        if residual is None
        else BeforeAfter(residual.classifier_before, residual.classifier_after),
        "neighbours": audit.neighbour_correlation,
    }
    rows = [
        (report_text.MEASURES[name].title, one.before, one.after, report_text.MEASURES[name].text)
        for name, one in values.items()
    ]
    return _table(("", "before", "after", "what it means"), rows)


def _direction(audit: Audit) -> str:
    text = (
        "How much of the differences inside gender pairs lies in each principal component. "
        "Gender is one direction only if the first towers above the others."
    )
    picture = report_pictures.explained_picture(audit.explained)
    return "<h2>The gender direction</h2>" + _paragraph(text) + _image(picture, text)


def _professions(audit: Audit) -> str:
    if not audit.professions:
        return ""
    return (
        "<h2>Professions</h2>"
        + _paragraph(report_text.PROFESSIONS)
        + _image(report_pictures.lean_picture(audit.professions), "lean before and after")
        + _image(report_pictures.neighbour_picture(audit.professions), "neighbours")
    )


def _analogies(audit: Audit) -> str:
    seed = " : ".join(audit.seed)
    tables = [
        f"<div><h3>{title} ({len(found)})</h3>{_analogy_table(found)}</div>"
        for title, found in (("before", audit.analogies_before), ("after", audit.analogies_after))
    ]
    return (
        f"<h2>Analogies to {escape(seed)}</h2>"
        + _paragraph(report_text.analogies(audit.margin))
        + f'<div class="columns">{"".join(tables)}</div>'
    )


def _analogy_table(found: Sequence[JudgedAnalogy]) -> str:
    rows = "".join(
        f'<tr class="{escape(one.kind)}"><td>{escape(one.first)}</td>'
        f'<td>{escape(one.second)}</td><td class="number">{one.score:.2f}</td>'
        f"<td>{escape(one.kind)}</td></tr>\n"
        for one in found
    )
    return f"<table>{rows}</table>"


def _weat(audit: Audit) -> str:
    if not audit.weat_before and not audit.weat_after:
        return ""
    after = {one.name: one for one in audit.weat_after}
    rows: list[tuple[str | float | None, ...]] = []
    for one in audit.weat_before:
        then = after.get(one.name)
        found = (None, None) if then is None else (then.effect_size, then.p_value)
        x, y, a, b = (f"{name} ({n})" for name, n in zip(one.set_names, one.sizes, strict=True))
        rows.append((f"{x} / {y}, {a} / {b}", one.effect_size, one.p_value, *found))
    heads = ("targets / attributes (known words)", "d before", "p", "d after", "p")
    return (
        "<h2>Association tests (WEAT)</h2>"
        + _paragraph(report_text.WEAT)
        + _table(heads, rows)
        + _image(report_pictures.weat_picture(audit.weat_before, audit.weat_after), "WEAT")
    )


def _cost(audit: Audit) -> str:
    if not audit.cost:
        return ""
    rows = [(name, one.before, one.after) for name, one in audit.cost.items()]
    return (
        "<h2>What de-biasing costs</h2>"
        + _paragraph(report_text.COST)
        + _table(("", "before", "after"), rows)
    )


def _lists(audit: Audit) -> str:
    unknown = [
        f"{name}: {len(words)} ({', '.join(words)})" for name, words in audit.unknown.items()
    ]
    repeated = [f"{name}: {', '.join(words)}" for name, words in audit.repeated.items()]
    parts = ["<h2>Word lists</h2>"]
    for title, items in (
        ("Words without a vector, left out:", unknown),
        ("Words given twice, counted once:", repeated),
        ("Not measured:", audit.left_out),
    ):
        if items:
            parts.append(_paragraph(title) + _items(items))
    return "".join(parts) if len(parts) > 1 else ""


def _paragraph(text: str) -> str:
    return f"<p>{escape(text)}</p>\n"


def _items(items: Iterable[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(item)}</li>\n" for item in items) + "</ul>\n"


def _image(png: bytes, alt: str) -> str:
    data = base64.b64encode(png).decode("ascii")
    return f'<p><img alt="{escape(alt)}" src="data:image/png;base64,{data}"></p>\n'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> str:
    head = "".join(f"<th>{escape(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>\n" for row in rows)
    return f"<table><tr>{head}</tr>\n{body}</table>\n"


def _cell(value: str | float | None) -> str:
    if isinstance(value, str):
        return f"<td>{escape(value)}</td>"
    shown = "\N{EN DASH}" if value is None else f"{value:.4g}" if abs(value) >= 1e-4 else "0"
    return f'<td class="number">{shown}</td>'
