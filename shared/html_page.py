"""Reports as one HTML file that needs nothing else: no script, no font, no picture beside it.

    write_text(path, page("Pictures", [heading("Scores"), table(("class", "F1"), rows)]))

Every text goes through `shown` and is escaped here, so the name of a file or class can be anything.
A browser is told to load nothing, should something slip through nevertheless.
"""

import base64
from collections.abc import Iterable, Sequence
from html import escape

_HEAD = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }}
table {{ border-collapse: collapse; margin: 1rem 0; }}
th, td {{ padding: .2rem .8rem .2rem 0; text-align: left; vertical-align: top; }}
th {{ border-bottom: 1px solid #999; }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
img {{ max-width: 100%; }}
.gallery {{ display: flex; flex-wrap: wrap; gap: 1rem; }}
figure {{ width: 9rem; margin: 0; }}
figcaption {{ font-size: .8rem; overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>{title}</h1>
"""


def page(title: str, parts: Iterable[str]) -> str:
    """Returns a whole page.

    Args:
        title: as text.
        parts: HTML, made by the functions below.
    """
    return _HEAD.format(title=_text(title)) + "\n".join(parts) + "\n</body>\n</html>\n"


def heading(text: str) -> str:
    """Returns the heading of a section."""
    return f"<h2>{_text(text)}</h2>"


def paragraph(text: str) -> str:
    """Returns a paragraph."""
    return f"<p>{_text(text)}</p>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str | int | float]]) -> str:
    """Returns a table; numbers stand to the right, those with a fraction with two digits of it."""
    head = "".join(f"<th>{_text(one)}</th>" for one in heads)
    body = "".join(f"<tr>{''.join(_cell(cell) for cell in row)}</tr>\n" for row in rows)
    return f"<table><tr>{head}</tr>\n{body}</table>"


def image(data: bytes, *, alt: str, form: str = "png") -> str:
    """Returns a picture that stands in the page itself.

    Args:
        data: its file.
        alt: what it shows, for those who do not see it.
        form: png or jpeg.
    """
    inside = base64.b64encode(data).decode("ascii")
    return f'<img alt="{_text(alt)}" src="data:image/{form};base64,{inside}">'


def gallery(entries: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Returns pictures side by side, each HTML made by `image` with lines of text under it."""
    figures = (
        f"<figure>{picture}<figcaption>{'<br>'.join(map(_text, lines))}</figcaption></figure>"
        for picture, lines in entries
    )
    return '<div class="gallery">' + "\n".join(figures) + "</div>"


def shown(text: str) -> str:
    r"""Returns a text with what cannot be seen written out, for a page or a terminal.

    Control characters move a cursor, marks of direction turn a name round, and half a character,
    as file names of another encoding hold, cannot be written at all.

    Example:
    >>> print(shown("rose\x1b[2J \udcff"))
    rose\x1b[2J \udcff
    """
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text
    )


def _text(text: str) -> str:
    return escape(shown(text))


def _cell(value: str | int | float) -> str:
    if isinstance(value, str):
        return f"<td>{_text(value)}</td>"
    number = f"{value:.2f}" if isinstance(value, float) else f"{value:,}"
    return f'<td class="number">{number}</td>'
