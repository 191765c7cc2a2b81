"""The cutting of text into sentences and words, and the vocabulary file."""

import sys
import unicodedata

import pytest

from shared.errors import BundleError, DataError
from shared.text.words import Vocabulary, lower_table, split_sentences, split_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", []),
        ("Where is Mary?", ["where", "is", "mary"]),
        ("don't  (stop)-it!!", ["don't", "stop)-it"]),
        ("“Hello,” she said — 3.5%…", ["hello", "she", "said", "3.5%"]),
        ("milk,football", ["milk,football"]),
        ("a\u00a0b\u2003c\u200bd\ufeffe\tf\ng", list("abcdefg")),
        ("a\x00b\x07c\x9fd\ufffde", list("abcde")),
        ("hy\u00adphen ze\u200dro le\u200eft \u2764\ufe0f", ["hyphen", "zero", "left", "\u2764"]),
        ("ÉCOLE ΟΔΟΣ İI ÞORN ẞ", ["école", "οδοσ", "İi", "þorn", "ß"]),
        (b"caf\xe9 \xff\xfe x\xed\xa0\x80y", ["caf", "x", "y"]),
        ("\ud800a", ["a"]),
        ("שלום، עולם؟", ["שלום", "עולם"]),
        ("e\u0301 👩\u200d🚀", ["e\u0301", "👩🚀"]),
    ],
)
def test_words(text, words):
    assert split_words(text) == words


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("", []),
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("One.Two 3.5 e.g. x", ["One.Two 3.5 e.g.", "x"]),
        ('He said "go." (She went.) Then?!', ['He said "go."', "(She went.)", "Then?!"]),
        ("a\r\n\r\nb\x0bc\u2028d\u0085e", ["a", "b", "c", "d", "e"]),
        ("... ?! \n -- \n.", ["--"]),
        ("  Wide \t\u00a0 gaps  ", ["Wide gaps"]),
        ("No end。 Next", ["No end。", "Next"]),
    ],
)
def test_sentences(text, sentences):
    assert split_sentences(text) == sentences


def test_lower_table_is_python_s_for_single_code_points():
    table = lower_table()
    for code in range(sys.maxunicode + 1):
        lower = chr(code).lower()
        assert chr(table.get(code, code)) == (lower if len(lower) == 1 else chr(code))


def test_all_white_space_and_control_characters_cut_words():
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        if character.isspace() or unicodedata.category(character) in ("Zs", "Zl", "Zp", "Cc"):
            assert split_words(f"a{character}b") == ["a", "b"], hex(code)


def test_hostile_lines_take_no_backtracking():
    # With a regular expression of Python's each of these takes hours.
    assert split_words("." * 10**6) == []
    assert split_words("x" + "(" * 10**6 + "x") == ["x" + "(" * 10**6 + "x"]
    assert split_sentences("a" + "!'" * 500_000 + "b") == ["a" + "!'" * 500_000 + "b"]


def test_vocabulary_survives_its_file(tmp_path):
    vocabulary = Vocabulary(["mary", "İstanbul", "milk,football", "in the hall", "\u2764"])
    vocabulary.save(tmp_path / "v.txt")
    assert (tmp_path / "v.txt").read_text("utf-8").splitlines()[:3] == ["[PAD]", "[UNK]", "mary"]
    again = Vocabulary.load(tmp_path / "v.txt")
    assert again.words == vocabulary.words
    assert again.ids(["in the hall", "sings", "mary"]) == [5, 1, 2]
    assert "mary" in again and "sings" not in again and "[PAD]" not in again
    assert len(again) == 7


@pytest.mark.parametrize("words", [["a", "a"], ["[UNK]"], [""], ["a\nb"]])
def test_impossible_vocabularies_are_refused(words):
    with pytest.raises(DataError, match="vocabulary"):
        Vocabulary(words)


@pytest.mark.parametrize(
    "content", [b"", b"[PAD]\nmary\n", b"[PAD]\n[UNK]\na\na\n", b"[PAD]\n[UNK]\n\xff\n"]
)
def test_damaged_vocabulary_files_are_refused(tmp_path, content):
    (tmp_path / "v.txt").write_bytes(content)
    with pytest.raises(BundleError, match=r"v\.txt"):
        Vocabulary.load(tmp_path / "v.txt")
    with pytest.raises(BundleError, match="none"):
        Vocabulary.load(tmp_path / "none.txt")
