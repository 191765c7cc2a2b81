"""Tables as users write them: CSV or TSV files whose first line names the columns."""

import csv
import difflib
from collections.abc import Iterator, Sequence

from shared.data.lines import Problems
from shared.errors import DataError

SEPARATORS = "\t;|"


def read_columns(
    lines: Sequence[str],
    label: str,
    *,
    problems: Problems,
    wanted: Sequence[Sequence[str]],
    optional: Sequence[Sequence[str]] = (),
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yields (line number, cells) of each row that is not empty.

    Columns may stand in any order, and others are left alone. They are separated by commas,
    semicolons, bars or tabs, whichever the first line has.

    Args:
        lines: of the file.
        label: its name, for messages.
        problems: takes what is wrong with rows; the caller raises it at the end.
        wanted: the names that each needed column may have; the first is the one that is told.
        optional: likewise of columns that may be absent; their cells are then "".

    Raises:
        DataError: a needed column is missing.
    """
    separator = separator_of(lines[0] if lines else "")
    reader = csv.reader(lines, delimiter=separator)
    try:
        header = [column.strip().lower() for column in next(reader, [])]
        places = [_place(names, header, label, wanted) for names in wanted]
        places += [next((header.index(one) for one in names if one in header), -1)
                   for names in optional]  # fmt: skip
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(header):
                said = f"expected {len(header)} columns, received {len(cells)}; quote commas"
                problems.add(reader.line_num, said)
                continue
            row = tuple(cells[place].strip() if place >= 0 else "" for place in places)
            yield reader.line_num, row
    except csv.Error as error:
        problems.add(reader.line_num, f"expected a row of a table, received: {error}; shorten it")


def separator_of(line: str) -> str:
    r"""Returns what separates the columns of the first line of a table.

    Example:
    >>> separator_of("path,label"), separator_of("path\tlabel, or class")
    (',', '\t')
    """
    return next((mark for mark in SEPARATORS if mark in line), ",")


def has_columns(line: str, wanted: Sequence[Sequence[str]]) -> bool:
    """Says whether a line names all of these columns.

    Example:
    >>> has_columns('"Path";"Caption";"id"', [["path", "image"], ["caption"]])
    True
    """
    header = {cell.strip().strip('"').lower() for cell in line.split(separator_of(line))}
    return all(header & set(names) for names in wanted)


def _place(
    names: Sequence[str], header: Sequence[str], label: str, wanted: Sequence[Sequence[str]]
) -> int:
    found = [place for place, column in enumerate(header) if column in names]
    if found:
        return found[0]
    # The hint looks for what the user may have meant to write.
    close = [
        (column, near[0])
        for column in header
        if (near := difflib.get_close_matches(column, names, n=1))
    ]
    hint = f" Did you mean {close[0][1]!r} by {close[0][0]!r}?" if close else ""
    raise DataError(
        f"Expected a column {' or '.join(map(repr, names[:2]))} in the first line of {label}, "
        f"received {', '.join(map(repr, header)) or 'nothing'}; name the columns "
        f"{' and '.join(one[0] for one in wanted)}.{hint}"
    )
