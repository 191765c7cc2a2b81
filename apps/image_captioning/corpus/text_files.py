"""Captions in lines of text: token files, tables, and a JSON object a line."""

import functools
import json
from collections.abc import Callable, Iterable, Iterator

from apps.image_captioning.corpus.described import Described, grouped
from apps.image_captioning.corpus.kinds import CAPTIONS, PATHS, SPLITS, TOKEN_LINE
from apps.image_captioning.corpus.records import read_record
from apps.image_captioning.corpus.splits import known_split
from shared.data.columns import read_columns
from shared.data.lines import Problems, read_lines
from shared.data.sources import SourceFile

Rows = Iterator[tuple[str, str, str]]


def read_tokens(file: SourceFile) -> list[Described]:
    r"""Reads `name#i TAB caption` lines, as Flickr8k and Flickr30k have them.

    Hodosh, Young and Hockenmaier 2013, Framing image description as a ranking task; Young, Lai,
    Hodosh and Hockenmaier 2014, From image descriptions to visual denotations.

    Raises:
        DataError: lines are otherwise; all are told together.
    """

    def rows(lines: Iterable[tuple[int, str]], problems: Problems) -> Rows:
        for number, line in lines:
            found = TOKEN_LINE.match(line)
            if found:
                yield found[1].strip(), found[2], ""
            elif line.strip():
                problems.add(number, f"expected NAME#NUMBER TAB CAPTION, received {line!r:.60}")

    return _read(file, rows)


def read_table(file: SourceFile) -> list[Described]:
    """Reads rows of path, caption and, if wanted, split; a row for each caption.

    Raises:
        DataError: a column is missing, or rows are wrong.
    """

    def rows(lines: Iterable[tuple[int, str]], problems: Problems) -> Rows:
        texts = [text for _, text in lines]
        if len(problems):
            return
        columns = read_columns(
            texts, file.label, problems=problems, wanted=(PATHS, CAPTIONS), optional=(SPLITS,)
        )
        for number, (image, caption, told) in columns:
            if not image:
                problems.add(number, "expected the path of an image, received an empty cell")
            elif told and not known_split(told):
                problems.add(number, f"expected the split train, validation or test, got {told!r}")
            else:
                yield image, caption, known_split(told)

    return _read(file, rows)


def read_json_lines(file: SourceFile) -> list[Described]:
    """Reads a JSON object a line: image, caption or list of captions, and if wanted split.

    Raises:
        DataError: lines are otherwise; all are told together.
    """

    def rows(lines: Iterable[tuple[int, str]], problems: Problems) -> Rows:
        for number, line in lines:
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                problems.add(number, f"expected a JSON object, received {line!r:.40} ({error})")
                continue
            yield from read_record(record, functools.partial(problems.add, number))

    return _read(file, rows)


def _read(
    file: SourceFile, rows: Callable[[Iterable[tuple[int, str]], Problems], Rows]
) -> list[Described]:
    problems = Problems(file.label)
    described = grouped(rows(read_lines(file.stream, problems), problems))
    problems.raise_any()
    return described
