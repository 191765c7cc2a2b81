"""Lines of text: encodings are named with their line, problems are collected."""

import io

import pytest

from shared.data import lines
from shared.data.lines import Problems, read_lines
from shared.errors import DataError


def read(data: bytes) -> tuple[list[tuple[int, str]], Problems]:
    problems = Problems("x.txt")
    return list(read_lines(io.BytesIO(data), problems)), problems


def test_lines_keep_their_numbers_and_lose_mark_and_line_ends():
    found, problems = read("\ufeffeins\r\n\nzwei\u2028drei\u0085vier".encode())
    assert found == [(1, "eins"), (2, ""), (3, "zwei\u2028drei\u0085vier")]
    assert not len(problems)


@pytest.mark.parametrize(
    ("data", "line", "sentence"),
    [
        ("a\nb".encode("utf-16"), 1, "UTF-16"),
        ("a\ncafé\n".encode("latin-1"), 2, "byte 0xe9 at column 4"),
        (b"a\nb\nc\0d\n", 3, "NUL"),
        ("a".encode("utf-16-le") * 3, 1, "NUL"),
    ],
)
def test_other_encodings_are_named(data, line, sentence):
    _, problems = read(data)
    with pytest.raises(DataError, match=f"line {line}: .*{sentence}"):
        problems.raise_any()


def test_good_lines_around_a_bad_one_are_read():
    found, problems = read(b"a\n\xff\nb\n")
    assert found == [(1, "a"), (3, "b")]
    assert len(problems) == 1


def test_overlong_line_ends_the_reading(monkeypatch):
    monkeypatch.setattr(lines, "MAX_LINE_BYTES", 10)
    found, problems = read(b"short\n" + b"x" * 11 + b"\nmore\n")
    assert found == [(1, "short")]
    with pytest.raises(DataError, match="line 2: expected lines of at most 10 bytes"):
        problems.raise_any()


def test_first_five_problems_are_shown_and_the_rest_counted():
    problems = Problems("x.txt")
    for line in range(8, 0, -1):
        problems.add(line, f"wrong {line}")
    with pytest.raises(DataError) as error:
        problems.raise_any()
    expected = "; ".join(f"line {line}: wrong {line}" for line in range(1, 6))
    assert str(error.value) == f"8 problems in x.txt: {expected}; and 3 more"
