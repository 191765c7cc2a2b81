"""The readers: tab-separated pairs, parallel files, and what the names of files tell."""

import io

import numpy as np
import pytest

from apps.translation.corpus.names import about_itself, choose_languages, language_of, split_of
from apps.translation.corpus.pair import Pair, sentence_key
from apps.translation.corpus.parallel import join_sides, read_side, suspicious_line
from apps.translation.corpus.tabs import read_tabs
from shared.errors import DataError


def tabs(text):
    data = text if isinstance(text, bytes) else text.encode()
    return read_tabs(io.BytesIO(data), label="pairs.txt")


def test_tab_separated_pairs_and_a_third_column():
    text = "\ufeffRun!\tCours\u202f!\r\n\n  \nHi.\tSalut.\tCC-BY by Ann\nA \t B\n"
    assert tabs(text) == [Pair("Run!", "Cours\u202f!"), Pair("Hi.", "Salut."), Pair("A", "B")]


def test_an_empty_side_is_a_pair_for_the_cleaning():
    assert tabs("a\t\n\tb\n") == [Pair("a", ""), Pair("", "b")]


def test_other_line_breaks_do_not_end_a_line():
    assert tabs("a\u2028b\tc\u0085d\x0be\n") == [Pair("a\u2028b", "c\u0085d\x0be")]


def test_all_bad_lines_are_told_together():
    with pytest.raises(DataError) as caught:
        tabs("a\tb\nalone\n1\t2\t3\t4\nc\td\n")
    said = str(caught.value)
    assert said.startswith("2 problems in pairs.txt: line 2: expected source TAB translation")
    assert "1 columns: 'alone'" in said and "line 3" in said and "4 columns" in said


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "expected at least one pair, received none"),
        (b"\n \n", "expected at least one pair, received none"),
        ("caf\xe9\tx\n".encode("latin-1"), "line 1: expected UTF-8, received the byte 0xe9"),
        ("a\tb\n".encode("utf-16"), "UTF-16"),
        (b"a\0\tb\n", "NUL"),
    ],
)
def test_what_is_no_text_is_refused(data, said):
    with pytest.raises(DataError, match=said):
        tabs(data)


def test_a_side_keeps_its_empty_lines():
    assert read_side(io.BytesIO(b"a\r\n\n b \n"), label="x") == ["a", "", "b"]
    with pytest.raises(DataError, match=r"^train.en, line 2: expected UTF-8"):
        read_side(io.BytesIO(b"a\n\xff\n"), label="train.en")


def test_sides_of_equal_length_are_joined():
    assert join_sides(["a", "b"], ["A", "B"], labels=("x", "y")) == [Pair("a", "A"), Pair("b", "B")]
    assert join_sides([], [], labels=("x", "y")) == []


def sentences(seed, count):
    """Source sentences of many lengths, and translations that are about as long."""
    chance = np.random.default_rng(seed)
    sizes = chance.integers(5, 120, count)
    others = np.maximum(1, sizes * chance.normal(1.1, 0.1, count)).astype(int)
    return ["s" * size for size in sizes], ["t" * size for size in others]


def slow_suspicious_line(source, target):
    """The definition in plain loops."""
    if len(source) < len(target):
        source, target = target, source
    moved = len(source) - len(target)

    def cost(i, j):
        return abs(np.log1p(len(source[i])) - np.log1p(len(target[j])))

    totals = [
        sum(cost(i, i) for i in range(k)) + sum(cost(i + moved, i) for i in range(k, len(target)))
        for k in range(len(target) + 1)
    ]
    return max(k for k, total in enumerate(totals) if total <= min(totals) + 1e-12)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("missing", [1, 3])
@pytest.mark.parametrize("side", [0, 1])
def test_the_place_where_lines_are_missing_is_found(seed, missing, side):
    sides = sentences(seed, 400)
    place = int(np.random.default_rng(seed).integers(20, 380))
    del sides[side][place : place + missing]
    # A line may by chance be as long as the one after it.
    assert abs(suspicious_line(*sides) - place) <= 3
    # From either side it is the same place.
    assert suspicious_line(*sides) == suspicious_line(*sides[::-1])


@pytest.mark.parametrize("seed", range(3))
def test_the_sums_are_those_of_the_definition(seed):
    sides = sentences(seed, 30)
    del sides[seed % 2][11:13]
    assert suspicious_line(*sides) == slow_suspicious_line(*sides)


def test_counts_that_differ_are_told_with_the_place():
    source = ["A dog.", "Two young men are playing football in the park.", "No.", "Yes, I do."]
    target = ["Un chien.", "Non.", "Oui, bien sûr."]
    with pytest.raises(DataError) as caught:
        join_sides(source, target, labels=("train.en", "train.fr"))
    assert str(caught.value) == (
        "Expected as many lines in train.en as in train.fr, received 4 and 3; they seem to go "
        "apart at line 2, where 'Two young men are playing football in the park.' stands "
        "beside 'Non.': repair the files there."
    )
    with pytest.raises(DataError, match=r"2 and 0; .* at line 1, where 'a' stands beside nothing"):
        join_sides(["a", "b"], [], labels=("x", "y"))


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("train.en", "train"),
        ("val.de", "validation"),
        ("test_2016_flickr.en", "test"),
        ("test2017.en", "test"),
        ("newsdev2015.en", "validation"),
        ("dev/news.de", "validation"),
        ("en.test.txt", "test"),
        ("fra.txt", "train"),
        ("latest.en", "train"),
        ("test/train.en", "train"),
        ("tst2013.en", "test"),
        ("newstests.en", "test"),
        ("evaluation.de", "test"),
        ("eval/a.de", "test"),
        ("validate.fr", "validation"),
        ("IWSLT17.dev2010.fr", "validation"),
    ],
)
def test_the_split_of_a_name(name, split):
    assert split_of(name) == split


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("train.en", ("train", "en")),
        ("a/Tatoeba.en-fr.fr", ("a/Tatoeba.en-fr", "fr")),
        ("x.pt_BR", ("x", "pt_BR")),
        ("x.zh-Hans", ("x", "zh-Hans")),
        ("de.val.txt", ("val.txt", "de")),
        ("pairs.txt", None),
        ("de.notes.txt", None),
        ("pairs.tsv", None),
        ("README.md", None),
        ("LICENSE.en", None),
        (".en", None),
        ("en", None),
        ("train.english", None),
    ],
)
def test_the_language_of_a_name(name, told):
    assert language_of(name) == told


def test_files_about_the_data():
    assert all(map(about_itself, ("_about.txt", "x/README", "LICENCE.txt", "Notice")))
    assert not any(map(about_itself, ("about_dogs.txt", "fra.txt", "licensed.en")))


@pytest.mark.parametrize(
    ("known", "asked", "chosen"),
    [
        ("en de fr", "en de", ("en", "de")),
        ("en de", "en ", ("en", "de")),
        ("en de", " en", ("de", "en")),
    ],
)
def test_languages_are_chosen(known, asked, chosen):
    assert choose_languages(known.split(), *asked.split(" "), place="here") == chosen


@pytest.mark.parametrize(
    ("known", "asked", "said"),
    [
        (
            "en de fr",
            "en deu",
            r"'deu' in here, received only de, en, fr; .* --pairs\.target\. Did you mean 'de'",
        ),
        (
            "en de",
            "xx de",
            r"'xx' in here, received only de, en; give one of these to --pairs\.source\.$",
        ),
        ("en de", " ", "received any to any with de, en in here; name one with --pairs.source"),
        ("en de fr", "en ", "received en to any with de, en, fr"),
        ("en de", "en en", "received en to en"),
    ],
)
def test_unclear_languages_are_refused(known, asked, said):
    with pytest.raises(DataError, match=said):
        choose_languages(known.split(), *asked.split(" "), place="here")


def test_what_spellings_of_a_sentence_share():
    assert sentence_key("Va\u202f!  OK") == sentence_key("va ! ok ")
    assert sentence_key("Go.") != sentence_key("Go!")
