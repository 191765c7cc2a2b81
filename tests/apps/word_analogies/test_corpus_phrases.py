"""Phrases against the formula in a slow loop, and against gensim's own joining."""

from collections import Counter
from itertools import pairwise

import pytest
from gensim.models.phrases import Phrases as GensimPhrases

from apps.word_analogies.corpus.files import open_corpus
from apps.word_analogies.corpus.phrases import Phrases, find_phrases
from shared.errors import BundleError, ConfigError


@pytest.fixture(scope="module")
def corpus():
    return open_corpus("gensim:lee_background.cor")


@pytest.fixture(scope="module")
def found(corpus):
    return find_phrases(corpus.sentences, passes=2, discount=4, threshold=15.0)


def slow_scores(sentences, *, discount, threshold):
    words, pairs = Counter(), Counter()
    for sentence in sentences:
        words.update(sentence)
        pairs.update(pairwise(sentence))
    size = len(words) + len(pairs)
    scores = {
        pair: (count - discount) / words[pair[0]] / words[pair[1]] * size
        for pair, count in pairs.items()
    }
    return {pair: score for pair, score in scores.items() if score > threshold}


def test_scores_are_those_of_the_formula(corpus, found):
    first = slow_scores(corpus.sentences(), discount=4, threshold=15.0)
    assert found.passes[0] == pytest.approx(first) and ("new", "south") in first
    joined = Phrases((found.passes[0],)).join(corpus.sentences())
    second = slow_scores(joined, discount=4, threshold=15.0)
    assert found.passes[1] == pytest.approx(second) and ("new_south", "wales") in second


def test_sentences_are_joined_as_gensim_joins_them(corpus, found):
    counted = GensimPhrases(corpus.sentences(), min_count=4, threshold=15.0)
    frozen = counted.freeze()
    expected = [frozen[sentence] for sentence in corpus.sentences()]
    assert list(Phrases((found.passes[0],)).join(corpus.sentences())) == expected


def test_joining_goes_from_left_to_right_and_pass_by_pass():
    phrases = Phrases(({("a", "b"): 1.0, ("b", "c"): 9.0, ("d", "d"): 1.0}, {("a_b", "c"): 1.0}))
    assert list(phrases.join([["a", "b", "c"], ["b", "c", "a"], ["d", "d", "d"], []])) == [
        ["a_b_c"],
        ["b_c", "a"],
        ["d_d", "d"],
        [],
    ]
    assert list(Phrases(()).join([["a", "b"]])) == [["a", "b"]]


def test_saved_and_loaded(found, tmp_path):
    path = tmp_path / "phrases.txt"
    found.save(path)
    assert Phrases.load(path) == found and len(found) == sum(map(len, found.passes))
    assert path.read_text().split("\n")[0].count("\t") == 2
    for empty in (Phrases(()), Phrases(({},)), Phrases(({}, {("x\u2028", "y"): 0.1}))):
        empty.save(path)
        assert Phrases.load(path) == empty


@pytest.mark.parametrize(
    "damage",
    [b"a\tb\n\n", b"a\tb\tx\n\n", b"a\tb\t1.0\n", b"a\tb\t1.0\tc\n\n", b"\xff\xfe\n", None],
)
def test_a_damaged_file_is_refused(tmp_path, damage):
    path = tmp_path / "phrases.txt"
    if damage is not None:
        path.write_bytes(damage)
    with pytest.raises(BundleError, match="list of phrases"):
        Phrases.load(path)


def test_no_pass_finds_nothing(corpus):
    assert find_phrases(corpus.sentences, passes=0) == Phrases(())


def test_progress_counts_all_passes(corpus):
    told = []
    find_phrases(corpus.sentences, passes=2, progress=told.append)
    assert told == sorted(told) and told[-1] > 60_000


@pytest.mark.parametrize("wrong", [{"passes": -1}, {"discount": 0}, {"threshold": 0.0}])
def test_settings_out_of_range(corpus, wrong):
    with pytest.raises(ConfigError, match="phrase passes"):
        find_phrases(corpus.sentences, **wrong)
