from itertools import pairwise

import numpy as np
import pytest
from planted_bias import planted
from scipy.stats import permutation_test

from apps.word_analogies.audit.list_files import WeatWords
from apps.word_analogies.audit.weat import weat
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError


def random_test(sizes, seed=0):
    generator = np.random.default_rng(seed)
    words = tuple(f"w{i}" for i in range(sum(sizes)))
    vectors = WordVectors(words, generator.normal(size=(len(words), 12)).astype(np.float32))
    cuts = np.cumsum((0, *sizes))
    sets = tuple(words[start:end] for start, end in pairwise(cuts))
    return vectors, WeatWords("random", ("X", "Y", "A", "B"), sets)


def slow_association(vectors, word, a, b):
    def cosine(one, other):
        one, other = vectors[one].astype(float), vectors[other].astype(float)
        return one @ other / np.linalg.norm(one) / np.linalg.norm(other)

    return np.mean([cosine(word, w) for w in a]) - np.mean([cosine(word, w) for w in b])


@pytest.mark.parametrize("sizes", [(4, 4, 3, 5), (5, 3, 2, 2), (8, 8, 8, 8)])
def test_effect_and_exact_p_value_are_those_of_a_slow_loop_and_of_scipy(sizes):
    for seed in range(3):
        vectors, test = random_test(sizes, seed)
        x, y, a, b = test.sets
        x = np.array([slow_association(vectors, word, a, b) for word in x])
        y = np.array([slow_association(vectors, word, a, b) for word in y])
        result = weat(vectors, test)
        expected = (x.mean() - y.mean()) / np.concatenate([x, y]).std(ddof=1)
        np.testing.assert_allclose(result.effect_size, expected, rtol=1e-5)
        oracle = permutation_test(
            (x, y), lambda x, y: x.mean() - y.mean(), alternative="greater", n_resamples=np.inf
        )
        assert result.exact and result.sizes == sizes
        assert result.p_value == pytest.approx(oracle.pvalue, abs=1e-9)


def test_a_sampled_p_value_is_near_the_exact_one_and_repeats(monkeypatch):
    vectors, test = random_test((6, 6, 4, 4), seed=5)
    exact = weat(vectors, test)
    monkeypatch.setattr("apps.word_analogies.audit.weat.MOST_EXACT", 10)
    sampled = weat(vectors, test, seed=1)
    assert not sampled.exact and sampled.p_value == weat(vectors, test, seed=1).p_value
    assert sampled.p_value == pytest.approx(exact.p_value, abs=0.006)


def test_a_sampled_p_value_is_never_zero():
    # 14 + 14 words have 40 million partitions, of which only the given one is this extreme.
    words = tuple(f"w{i}" for i in range(32))
    rows = np.repeat([[3, 1, 0], [1, 3, 0], [1, 0, 0], [0, 1, 0]], [14, 14, 2, 2], axis=0)
    vectors = WordVectors(words, rows.astype(np.float32))
    sets = (words[:14], words[14:28], words[28:30], words[30:])
    result = weat(vectors, WeatWords("extreme", ("X", "Y", "A", "B"), sets))
    assert not result.exact and result.p_value == 1 / 100_001


def test_a_planted_association_is_found_and_swapping_targets_turns_its_sign():
    world = planted()
    (test,) = world.lists.weat
    result = weat(world.vectors, test)
    assert result.effect_size > 1.5 and result.p_value == pytest.approx(1 / 6)
    x, y, a, b = test.sets
    turned = weat(world.vectors, WeatWords("turned", ("Y", "X", "A", "B"), (y, x, a, b)))
    assert turned.effect_size == pytest.approx(-result.effect_size)
    assert turned.p_value == 1.0


def test_unknown_words_are_left_out_and_named():
    vectors, test = random_test((4, 4, 3, 3))
    x, *others = test.sets
    result = weat(vectors, WeatWords("t", test.set_names, ((*x, "nowhere"), *others)))
    assert result.unknown == ("nowhere",)
    assert result.effect_size == weat(vectors, test).effect_size


def test_what_cannot_be_measured_is_refused():
    vectors, test = random_test((4, 4, 3, 3))
    _, *others = test.sets
    with pytest.raises(DataError, match=r"two known words or more in the set 'X'.*unknown: b"):
        weat(vectors, WeatWords("t", test.set_names, (("w0", "b"), *others)))
    alike = WordVectors(vectors.words, np.ones((14, 3), np.float32))
    with pytest.raises(DataError, match="all associated alike"):
        weat(alike, test)
