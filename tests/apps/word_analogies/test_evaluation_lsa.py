"""The counted baseline against slow loops and a full decomposition."""

import math

import numpy as np
import pytest

from apps.word_analogies.corpus.encoded import encode
from apps.word_analogies.corpus.sample import sample_questions, sample_sentences
from apps.word_analogies.evaluation import lsa
from apps.word_analogies.evaluation.analogies import score_analogies
from apps.word_analogies.evaluation.lsa import count_pairs, positive_pmi, train_lsa
from apps.word_analogies.testsets import AnalogySet
from shared.errors import DataError
from shared.text.words import split_words


def slow_counts(ids, words, window):
    table = np.zeros((words, words))
    for i, one in enumerate(ids):
        for distance in range(1, window + 1):
            if one < 0 or i + distance >= len(ids) or (ids[i : i + distance + 1] < 0).any():
                break
            other = ids[i + distance]
            if one < words and other < words:
                weight = (window + 1 - distance) / window
                table[one, other] += weight
                table[other, one] += weight
    return table


def slow_pmi(table, shift):
    total = table.sum(axis=1)
    context = total**0.75 / (total**0.75).sum()
    result = np.zeros_like(table)
    for i, j in zip(*np.nonzero(table), strict=True):
        result[i, j] = max(0.0, math.log(table[i, j] / (total[i] * context[j]) / shift))
    return result


@pytest.fixture(scope="module")
def ids():
    return np.random.default_rng(2).integers(-1, 14, 700).astype(np.int32)


@pytest.mark.parametrize(("window", "chunk"), [(1, 700), (4, 10**6), (5, 13), (5, 3)])
def test_counts_are_those_of_a_loop(monkeypatch, ids, window, chunk):
    monkeypatch.setattr(lsa, "CHUNK_IDS", chunk)
    seen = []
    table = count_pairs(ids, 12, window=window, progress=seen.append)
    np.testing.assert_allclose(table.toarray(), slow_counts(ids, 12, window), rtol=1e-5)
    assert seen[-1] == 700


@pytest.mark.parametrize("shift", [1.0, 2.0])
def test_information_is_that_of_a_loop(ids, shift):
    table = count_pairs(ids, 12, window=2)
    information = positive_pmi(table, shift=shift)
    expected = slow_pmi(table.toarray().astype(np.float64), shift)
    np.testing.assert_allclose(information.toarray(), expected, rtol=1e-4, atol=1e-6)
    assert (information.data > 0).all()


def test_vectors_are_those_of_a_full_decomposition(ids):
    words = [f"w{i}" for i in range(14)]
    vectors = train_lsa(ids, words, size=5, window=2, max_words=12)
    assert vectors.words == tuple(words[:12])
    assert vectors.counts.tolist() == [int((ids == i).sum()) for i in range(12)]
    table = positive_pmi(count_pairs(ids, 12, window=2)).toarray()
    left, strength, _ = np.linalg.svd(table)
    expected = (left[:, :5] * strength[:5]) @ left[:, :5].T
    np.testing.assert_allclose(vectors.matrix @ vectors.matrix.T, expected, atol=1e-3)
    again = train_lsa(ids, words, size=5, window=2, max_words=12)
    assert again.matrix.tobytes() == vectors.matrix.tobytes()


def test_planted_relations_are_found(tmp_path):
    sentences = [split_words(sentence) for sentence in sample_sentences(0)]
    words = sorted({word for sentence in sentences for word in sentence})
    corpus = encode(sentences, words, tmp_path)
    vectors = train_lsa(corpus.ids, words, size=50, window=5)
    scores = score_analogies(vectors, AnalogySet("sample", sample_questions()))
    assert scores.coverage_percent == 100.0
    assert scores.accuracy_percent > 90.0


def test_text_without_neighbours_is_refused():
    alone = np.array([0, -1, 1, -1, 2, -1])
    with pytest.raises(DataError, match="two of 3 known words, received none"):
        train_lsa(alone, ["a", "b", "c"], size=2)
    with pytest.raises(DataError, match="more than 3 words for vectors of 3 numbers, received 3"):
        train_lsa(alone, ["a", "b", "c"], size=3)
