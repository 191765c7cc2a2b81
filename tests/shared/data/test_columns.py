"""Tables with named columns: separators, order, quotes, and what is wrong told by line."""

import csv
import io

import pytest

from shared.data.columns import has_columns, read_columns
from shared.data.lines import Problems
from shared.errors import DataError

WANTED = (("path", "image"), ("caption", "text"))
ROWS = [("a b.jpg", 'A "dog"; | it runs, yes', "val"), ("b.jpg", "", "train")]


def read(text, **options):
    problems = Problems("list.csv")
    rows = list(read_columns(text.split("\n"), "list.csv", problems=problems, wanted=WANTED,
                             **options))  # fmt: skip
    return rows, problems


@pytest.mark.parametrize("mark", [",", ";", "|", "\t"])
def test_what_the_csv_module_writes_is_read_in_any_order(mark):
    file = io.StringIO()
    table = csv.writer(file, delimiter=mark, lineterminator="\n")
    table.writerow(["id", "SPLIT", "Text", "split", " image "])
    for image, caption, split in ROWS:
        table.writerow(["7", split, caption, "other", image])
    rows, problems = read(f"{file.getvalue()}\n{mark * 4}\n", optional=(("split",), ("no",)))
    assert rows == [(number, (*row, "")) for number, row in enumerate(ROWS, start=2)]
    assert not len(problems)


def test_wrong_rows_are_told_and_the_others_read():
    rows, problems = read(f"path,text\na,b\na\na,b,c\n{'x' * 200_000},b")
    assert rows == [(2, ("a", "b"))]
    with pytest.raises(DataError, match=r"3 problems in list.csv: line 3: .*received 1;.*line 5"):
        problems.raise_any()


def test_a_missing_column_is_named_with_what_was_meant():
    for text, said in {
        "path,captoin\na,b": "'caption' or 'text' .*'path', 'captoin'; name the columns path and "
        r"caption\. Did you mean 'caption' by 'captoin'\?",
        "caption": "'path' or 'image' ",
        "": "received nothing",
    }.items():
        with pytest.raises(DataError, match=said):
            read(text)


def test_a_header_is_recognised():
    assert has_columns("Image|text", WANTED) and has_columns("id\tcaption\tpath", WANTED)
    assert not has_columns("a path, and a caption", WANTED) and not has_columns("path", WANTED)
