"""Counts against `collections.Counter`, with limits and in a table that is too small."""

import random
from collections import Counter
from itertools import chain

import pytest

from apps.word_analogies.corpus.counting import BATCH, count_words
from shared.errors import ConfigError, DataError


@pytest.fixture(scope="module")
def sentences():
    chance = random.Random(4)
    vocabulary = [f"w{number}" for number in range(300)]
    weights = [1 / (rank + 1) for rank in range(300)]
    return [
        chance.choices(vocabulary, weights, k=chance.randint(0, 9)) for _ in range(2 * BATCH + 10)
    ]


def test_counts_and_order(sentences):
    counts = count_words(iter(sentences), min_count=5)
    exact = Counter(chain.from_iterable(sentences))
    assert dict(zip(counts.words, counts.counts.tolist(), strict=True)) == {
        word: count for word, count in exact.items() if count >= 5
    }
    assert list(counts.words) == sorted(counts.words, key=lambda word: (-exact[word], word))
    assert counts.total_words == exact.total() and counts.sentences == len(sentences)
    assert counts.distinct_words == len(exact) and counts.pruned == 0
    assert counts.kept_words == sum(count for count in exact.values() if count >= 5)


def test_the_most_frequent_are_kept(sentences):
    all_words = count_words(sentences, min_count=1).words
    assert count_words(sentences, min_count=1, max_words=17).words == all_words[:17]


def test_progress(sentences):
    told = []
    counts = count_words(sentences, progress=told.append)
    assert len(told) == 3 and told == sorted(told) and told[-1] == counts.total_words


def test_a_full_table_forgets_rare_words_only(sentences):
    # Words that never come again would fill any table.
    endless = [[*sentence, f"new{number}"] for number, sentence in enumerate(sentences)]
    counts = count_words(endless, min_count=50, table_limit=1_500)
    exact = count_words(sentences, min_count=50)
    assert 0 < counts.pruned < 5
    assert set(exact.words) == set(counts.words)
    true = dict(zip(exact.words, exact.counts.tolist(), strict=True))
    for word, count in zip(counts.words, counts.counts.tolist(), strict=True):
        assert true[word] - counts.pruned <= count <= true[word]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ([], "received none"),
        ([[]], "received none"),
        ([["sea"] * 9], "received 1: the text has 9 words, 1 different"),
        ([["sea", "sky"]], "received 0: .* come at least 5 times"),
    ],
)
def test_too_few_words(text, said):
    with pytest.raises(DataError, match=said):
        count_words(text)


@pytest.mark.parametrize("wrong", [{"min_count": 0}, {"max_words": 0}, {"table_limit": 0}])
def test_limits_below_one(wrong):
    with pytest.raises(ConfigError, match="1 or more"):
        count_words([["a", "b"]], **wrong)
