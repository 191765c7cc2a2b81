"""Lines of plain text and of what WikiExtractor writes, with everything that can be wrong."""

import io
import json

import pytest

from apps.word_analogies.corpus.text import PIECE_BYTES, first_problem, read_text
from shared.errors import DataError


def read(content):
    stream = io.BufferedReader(io.BytesIO(content), 2**16)
    return list(read_text(stream, label="a.txt"))


def test_plain_text():
    assert read("\ufeffOne\r\n\n two\rthree\u2028four".encode()) == ["One", " two", "three", "four"]


def test_wikiextractor_marks_end_documents():
    text = b'<doc id="1" url="http://x" title="a > b">\nSea\n\n<b>sky</b>\n</doc>\n<doctor>\n'
    assert read(text) == [None, "Sea", "<b>sky</b>", None, "<doctor>"]


def test_wikiextractor_json():
    rows = [{"id": "1", "title": "x", "text": "Sea\n\nsky"}, {"text": "Sun\0\ud800"}]
    content = "\n\n".join(map(json.dumps, rows)).encode()
    assert read(content) == ["Sea", "", "sky", None, "Sun ?", None]


@pytest.mark.parametrize("line", ['{"title": "x"}', '{"text": 5}', "[]", "{", "[" * 100_000])
def test_json_lines_without_text_are_told(line):
    with pytest.raises(DataError, match=r'a\.txt, line 2: expected an object with a "text"'):
        read(b'{"text": "Sea"}\n' + line.encode() + b"\n")


@pytest.mark.parametrize("space", [b" ", b"\t"])
def test_a_corpus_on_one_line_comes_in_pieces_that_keep_words_whole(space):
    # The words have two-byte letters, so that some byte of a piece falls inside one.
    words = [f"caf\u00e9{number}" for number in range(400_000)]
    pieces = read(space.join(word.encode() for word in words))
    assert len(pieces) > 3
    assert max(len(piece.encode()) for piece in pieces) <= PIECE_BYTES
    assert [word for piece in pieces for word in piece.split()] == words


@pytest.mark.parametrize("shift", range(4))
def test_a_word_without_end_is_cut_between_characters(shift):
    text = "a" * shift + "\u65e5\U0001f600\u00e9" * 200_000
    pieces = read(text.encode())
    assert "".join(pieces) == text and len(pieces) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"good\nbad\0\n", "a.txt, line 2: expected text, received a NUL byte"),
        (b"good\n\ncaf\xe9\n", "a.txt, line 3: expected UTF-8, received the byte 0xe9"),
        ("wide".encode("utf-16"), "UTF-16"),
    ],
)
def test_what_is_no_text_is_told_with_its_line(content, said):
    with pytest.raises(DataError, match=said):
        read(content)


def test_a_binary_file_is_not_read_to_its_end():
    stream = io.BufferedReader(io.BytesIO(b"\0\n" * 10**6))
    with pytest.raises(DataError, match="6 problems"):
        list(read_text(stream, label="a.bin"))
    assert stream.tell() < 100


def test_problems_are_seen_from_the_start():
    def problem(content):
        return first_problem(io.BufferedReader(io.BytesIO(content), 2**16))

    assert problem(b"") == problem(b"text") == problem("日本".encode()) == ""
    assert problem(b"\0") == "binary data" and problem("x".encode("utf-16")) == "UTF-16"
    assert problem(b"caf\xe9 cr") == "the byte 0xe9 at position 3"
    # Whatever byte of a character the look ends at.
    for shift in range(4):
        assert problem(b"a" * shift + "\U0001f600".encode() * 20_000) == ""
        assert problem("\U0001f600".encode()[:shift]) == ""
