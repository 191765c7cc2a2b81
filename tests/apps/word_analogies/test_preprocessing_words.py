from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from apps.word_analogies.config import TextConfig
from apps.word_analogies.corpus.phrases import Phrases
from apps.word_analogies.data import load_text, open_corpus
from apps.word_analogies.preprocessing import WordList
from shared.errors import BundleError, ConfigError, DataError

TEXT = "The sea and the sky.\nThe sky is high above new york.\nNew York is by the sea.\n"
SETTINGS = TextConfig(min_count=1)


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT * 6)
    return open_corpus(str(tmp_path / "text.txt"))


def test_words_are_counted_the_most_frequent_first(corpus):
    words = WordList.fit(corpus, SETTINGS)
    tokens = TEXT.lower().replace(".", "").split()
    expected = {word: 6 * count for word, count in Counter(tokens).items()}
    assert dict(zip(words.words, words.counts.tolist(), strict=True)) == expected
    assert list(words.words) == sorted(expected, key=lambda word: (-expected[word], word))
    assert words.total_words == 6 * len(tokens) and len(words) == len(expected)
    few = WordList.fit(corpus, replace(SETTINGS, min_count=12, max_words=3))
    assert few.words == words.words[:3] and few.total_words == words.total_words


def test_phrases_are_joined_before_words_are_counted(corpus):
    settings = replace(SETTINGS, phrase_passes=1, phrase_threshold=1.0)
    words = WordList.fit(corpus, settings)
    assert "new_york" in words.words and "york" not in words.words
    assert words.counts[words.words.index("new_york")] == 12
    sentences = list(words.sentences(corpus))
    assert sum(sentence.count("new_york") for sentence in sentences) == 12
    # What is trained on is what was counted.
    counted = Counter(word for sentence in sentences for word in sentence)
    assert dict(zip(words.words, words.counts.tolist(), strict=True)) == counted


def test_earlier_words_stay_and_counts_are_added(corpus):
    phrases = Phrases(({("high", "sea"): 20.0},))
    start = WordList(("dragon", "sea", "fire"), np.array([50, 9, 1]), phrases)
    words = WordList.fit(corpus, replace(SETTINGS, min_count=12), start=start)
    counts = dict(zip(words.words, words.counts.tolist(), strict=True))
    assert counts["dragon"] == 50 and counts["fire"] == 1 and counts["sea"] == 9 + 12
    assert words.words[0] == "dragon" and words.words[-1] == "fire"
    assert "high" not in counts
    assert words.phrases == phrases


def test_going_on_otherwise_than_before_is_refused(corpus):
    start = WordList(("Dragon", "sea"), np.array([5, 4]), lower=False)
    with pytest.raises(ConfigError, match=r"--text\.no-lower"):
        WordList.fit(corpus, SETTINGS, start=start)
    start = WordList(("dragon", "sea"), np.array([5, 4]))
    with pytest.raises(ConfigError, match="phrase_passes 0"):
        WordList.fit(corpus, replace(SETTINGS, phrase_passes=1), start=start)


def test_a_saved_list_comes_back(corpus, tmp_path):
    settings = replace(SETTINGS, phrase_passes=1, phrase_threshold=1.0, lower=False)
    words = WordList.fit(corpus, settings)
    words.save(tmp_path)
    again = WordList.load(tmp_path)
    assert again.words == words.words and again.total_words == words.total_words
    np.testing.assert_array_equal(again.counts, words.counts)
    assert again.phrases.passes == words.phrases.passes and len(again.phrases)
    assert again.lower is False
    assert words.vocabulary.ids(words.words[:2]) == [2, 3]
    lines = (tmp_path / "counts.txt").read_text().splitlines()
    assert lines[:2] == [f"total_words {words.total_words}", "lower 0"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text.replace("total_words ", "total_words x"),
        lambda text: text.replace("lower 1", "lower"),
        lambda text: text + "7\n",
        lambda text: text.rsplit("\n", 2)[0] + "\nmany\n",
        None,
    ],
)
def test_damaged_counts_are_told(corpus, tmp_path, damage):
    WordList.fit(corpus, SETTINGS).save(tmp_path)
    path = tmp_path / "counts.txt"
    if damage is None:
        path.unlink()
    else:
        path.write_text(damage(path.read_text()))
    with pytest.raises(BundleError, match=r"counts.txt, received: .*restore the run folder"):
        WordList.load(tmp_path)


def test_the_sample_has_the_words_of_its_questions():
    splits = load_text("sample", seed=3)
    words = WordList.fit(splits.train, TextConfig(min_count=2))
    asked = {word for row in splits.validation[0].sections.values() for q in row for word in q}
    assert asked <= set(words.words)


def test_one_word_is_no_vocabulary(tmp_path):
    (tmp_path / "text.txt").write_text("sea sea sea\n")
    with pytest.raises(DataError, match="two words or more, received 1"):
        WordList.fit(open_corpus(str(tmp_path / "text.txt")), SETTINGS)
