"""Pairs in one file: source TAB translation, a pair a line.

The files of ManyThings have a third column, which says who wrote the pair; it is dropped.
`apps.translation.corpus.files` decides which files are read so.
"""

from typing import IO

from apps.translation.corpus.pair import Pair
from shared.data.lines import Problems, read_lines

SHOWN = 40


def read_tabs(stream: IO[bytes], *, label: str) -> list[Pair]:
    r"""Reads the pairs of a tab-separated file; lines of white space alone are passed over.

    Args:
        stream: bytes of the file.
        label: its name, for messages.

    Raises:
        DataError: lists what is wrong with the file.

    Example:
    >>> import io
    >>> read_tabs(io.BytesIO(b"Run!\tCours !\tby Ann\n\nHi.\tSalut.\n"), label="fra.txt")
    [Pair(source='Run!', target='Cours !'), Pair(source='Hi.', target='Salut.')]
    """
    problems, pairs = Problems(label), []
    for number, line in read_lines(stream, problems):
        columns = line.split("\t")
        if 2 <= len(columns) <= 3:
            pairs.append(Pair(columns[0].strip(), columns[1].strip()))
        elif line.strip():
            problems.add(
                number,
                "expected source TAB translation, maybe with a third column, received "
                f"{len(columns)} columns: {line!r:.{SHOWN}}",
            )
    if not pairs and not len(problems):
        problems.add(1, "expected at least one pair, received none")
    problems.raise_any()
    return pairs
