"""Pair scores against gensim's and scipy's."""

import numpy as np
import pytest
from gensim.models import KeyedVectors
from gensim.test.utils import datapath
from scipy.stats import spearmanr

from apps.word_analogies.evaluation.similarity import score_pairs, spearman
from apps.word_analogies.testsets import PairSet, builtin
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError


@pytest.mark.parametrize("name", ["simlex999.txt", "wordsim353.tsv"])
def test_same_as_gensim(name):
    test_set = builtin(name)
    words = sorted({word for pair in test_set.pairs for word in pair[:2]})
    rng = np.random.default_rng(0)
    # A tenth of the words is unknown, and some come in two cases.
    known = [word for word in words if rng.random() > 0.1]
    known = list(dict.fromkeys(known + [word.upper() for word in known[:40]]))
    known = [known[i] for i in rng.permutation(len(known))]
    vectors = WordVectors(tuple(known), rng.standard_normal((len(known), 30), dtype=np.float32))
    keyed = KeyedVectors(30)
    keyed.add_vectors(known, vectors.matrix)
    _, expected, missing_percent = keyed.evaluate_word_pairs(datapath(name))
    scores = score_pairs(vectors, test_set)
    # Equal pairs have a cosine of 1 up to rounding, which may break a tie in either way.
    assert scores.spearman == pytest.approx(expected[0], abs=1e-4)
    assert 100 - scores.coverage_percent == pytest.approx(missing_percent)
    assert set(scores.missing) == {w for w in words if w.upper() not in map(str.upper, known)}
    assert (scores.asked, scores.missing) == (len(test_set), tuple(dict.fromkeys(scores.missing)))


def test_spearman_is_that_of_scipy():
    rng = np.random.default_rng(1)
    for _ in range(20):
        first, second = rng.integers(0, 9, 40), rng.standard_normal(40).round(1)
        assert spearman(first, second) == pytest.approx(spearmanr(first, second).statistic)


@pytest.mark.parametrize(
    ("pairs", "said"),
    [
        ([("x", "y", 1.0), ("x", "z", 2.0)], "received 0 known pairs and 3 unknown words"),
        ([("a", "b", 1.0), ("x", "y", 2.0)], "received 1 known pairs and 2 unknown words"),
        ([("a", "b", 1.0), ("a", "c", 1.0)], "received 2 known pairs"),
    ],
)
def test_what_cannot_be_ordered_is_refused(pairs, said):
    vectors = WordVectors(("a", "b", "c"), np.eye(3, dtype=np.float32) + 0.1)
    with pytest.raises(DataError, match=said):
        score_pairs(vectors, PairSet("mine", pairs))
