import json
import zipfile

import numpy as np
import pytest

from apps.word_analogies.audit.lists import (
    LANGUAGES,
    known_pairs,
    known_rows,
    load_lists,
    plain_rows,
)
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError


def vectors_of(*words):
    return WordVectors(words, np.eye(len(words), dtype=np.float32))


@pytest.mark.parametrize("language", LANGUAGES)
def test_our_own_lists_are_whole(language):
    lists = load_lists(language)
    assert lists.seed in lists.gender_pairs
    assert len(lists.gender_pairs) >= 10 and len(lists.equalise_pairs) >= 40
    assert len(lists.professions) >= 70 and lists.neutral == lists.professions
    assert len(lists.weat) >= 4
    assert all(len(words) >= 8 for test in lists.weat for words in test.sets)
    # Nothing is there twice, in two spellings, or with capitals.
    assert not lists.repeated
    assert not set(lists.names) & lists.specific
    assert all(word == word.lower().strip(".,;") for word in lists.gendered | {*lists.professions})


def test_women_come_first_in_the_pairs_that_define_gender():
    english, french = load_lists("en").gender_pairs, load_lists("fr").gender_pairs
    assert english[:2] == (("she", "he"), ("her", "his"))
    assert ("mère", "père") in french and ("femme", "homme") in french


def test_an_unknown_language_gets_the_known_ones():
    with pytest.raises(DataError, match=r"received 'de'.* Known: en, fr"):
        load_lists("de")


def test_a_file_of_our_format_takes_the_place_of_its_sections_only(tmp_path):
    path = tmp_path / "mine.txt"
    path.write_text(
        "# mine\n[professions]\nsmith cook  # kitchen\nsmith\n[weat mine]\n"
        "X: a b\n c\nY: d e\nA: f\nB: g\n",
        encoding="utf-8",
    )
    lists = load_lists("en", path=path)
    assert lists.professions == ("smith", "cook")
    assert lists.gender_pairs == load_lists("en").gender_pairs
    (test,) = lists.weat
    assert test.set_names == ("X", "Y", "A", "B")
    assert test.sets == (("a", "b", "c"), ("d", "e"), ("f",), ("g",))
    assert lists.repeated == {"mine.txt: professions": ("smith",)}


def test_the_published_files_are_read_from_a_zip(tmp_path):
    files = {
        "definitional_pairs.json": [["woman", "man"], ["she", "he"]],
        "equalize_pairs.json": [["monastery", "convent"], ["dad", "mom"], ["mom", "papa"]],
        "gender_specific_seed.json": ["actress", "actor", "actor"],
        "professions.json": [["nurse", 0.0, -0.9], ["actress", -1.0, 0.0], ["boss", 0.1, 0.7]],
        "weat_1.json": {"x": ["a"], "y": ["b"], "p": ["c"], "q": ["d"]},
    }
    path = tmp_path / "published.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in files.items():
            archive.writestr(f"data/{name}", json.dumps(value))
    lists = load_lists("en", path=path)
    assert lists.gender_pairs == (("woman", "man"), ("she", "he"))
    assert lists.equalise_pairs == (("monastery", "convent"), ("dad", "mom"))
    assert lists.gender_specific == ("actress", "actor")
    assert lists.professions == ("nurse", "boss")
    assert [test.name for test in lists.weat] == ["data/weat_1"[5:]]
    twice = {name.rpartition("/")[2]: words for name, words in lists.repeated.items()}
    assert twice == {
        "equalize_pairs.json: equalize_pairs": ("mom",),
        "gender_specific_seed.json: gender_specific_seed": ("actor",),
    }


def test_all_mistakes_of_a_file_are_told_together(tmp_path):
    path = tmp_path / "bad.txt"
    path.write_text(
        "early\n[profesions]\nx\n[gender pairs]\none two three\nsame same\n"
        "[weat w]\nX: a\nY: a\nA: b\nB: c\n[gender pairs]\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError) as error:
        load_lists("en", path=path)
    told = str(error.value)
    for piece in ("6 problems", "line 1", "Did you mean 'professions'", "line 5", "line 6"):
        assert piece in told


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.json", b"[1, 2]", "another form"),
        ("a.json", b"[", "Expected JSON"),
        ("a.json", b"[[" * 100_000, "Expected JSON"),
        ("a.json", b'{"x": ["a"], "y": ["b"]}', "four sets of words"),
        ("a.json", b'{"x": ["a"], "y": ["a"], "p": ["c"], "q": ["d"]}', "'a' on both"),
        ("a.json", b"[]", "another form"),
        ("a.txt", b"# nothing\n", "received none"),
        ("a.txt", b"[professions]\nn\xe9e", "expected UTF-8"),
        ("a.txt", b"[professions]\nn\0", "NUL byte"),
        ("a.txt", b"[analogy seed]\na b\nc d\n", "expected one pair"),
        ("a.csv", b"nurse", "received no such file"),
    ],
)
def test_what_is_no_word_list_is_refused(tmp_path, name, content, told):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=told):
        load_lists("en", path=tmp_path)


def test_unknown_words_are_named_by_list():
    vectors = vectors_of("she", "he", "nurse", "Mary")
    unknown = load_lists("en").unknown(vectors)
    assert "analogy seed" not in unknown
    assert "nurse" not in unknown["professions"] and "judge" in unknown["professions"]
    assert "mary" not in unknown["names"] and "anna" in unknown["names"]
    assert "rose" in unknown["weat flowers and insects, pleasant and unpleasant"]


def test_rows_of_words_and_pairs():
    vectors = vectors_of("a", "b", "Cé", "d-e", "f1", "G", "h" * 20, "i" * 19)
    rows, unknown = known_rows(vectors, ["b", "cé", "z", "b"])
    assert rows.tolist() == [1, 2] and unknown == ["z"]
    assert known_pairs(vectors, [("a", "b"), ("a", "z"), ("b", "f1")]).tolist() == [[0, 1], [1, 4]]
    assert known_pairs(vectors, []).shape == (0, 2)
    assert plain_rows(vectors).tolist() == [0, 1, 7]
    assert plain_rows(vectors, limit=2, without=["a"]).tolist() == [1]
