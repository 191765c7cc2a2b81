"""Batches against a walk over the text, word by word."""

import itertools
from collections import Counter

import numpy as np
import pytest
from scipy.stats import chisquare

from apps.word_analogies.trainers import batches as module
from apps.word_analogies.trainers.batches import (
    Layout,
    NoiseTable,
    SkipGramBatches,
    keep_probability,
)

SMALL = Layout(row=4, rows=2, blocks=3, window=3, negatives=5, sample=0.0)


def make_text(seed, *, words=40, sentences=30, longest=12):
    """A text in which frequent words are frequent, with ids in the order of their counts."""
    chance = np.random.default_rng(seed)
    share = 1 / np.arange(1, words + 1)
    rows = [
        chance.choice(words, size=chance.integers(1, longest + 1), p=share / share.sum())
        for _ in range(sentences)
    ]
    ids = np.concatenate([np.append(row, -1) for row in rows]).astype(np.int32)
    return ids, np.bincount(ids[ids >= 0], minlength=words) + 1


def sentences_of(ids):
    return [list(row) for end, row in itertools.groupby(ids, lambda word: word < 0) if not end]


def read_back(batch, layout):
    """Returns (place, offset of the context, word, context) of all pairs of a batch."""
    pairs = []
    size = layout.rows * layout.row
    for block in range(int(batch["blocks"][0])):
        for row in range(layout.rows):
            for column in range(layout.row):
                place = block * size + row * layout.row + column
                word = int(batch["word_ids"][block, row, column])
                before = int(batch["before"][block, row, column])
                after = int(batch["after"][block, row, column])
                for offset in [*range(-before, 0), *range(1, after + 1)]:
                    context = batch["target_ids"][block, row, column + layout.window + offset]
                    pairs.append((place, offset, word, int(context)))
    return pairs


def expected_pairs(sentences, reaches):
    """The same from sentences, going from each word as far as it reaches."""
    pairs, begin = [], 0
    for sentence in sentences:
        for place, word in enumerate(sentence):
            reach = reaches[begin + place]
            for offset in range(-reach, reach + 1):
                if offset and 0 <= place + offset < len(sentence):
                    context = sentence[place + offset]
                    pairs.append((begin + place, offset, int(word), int(context)))
        begin += len(sentence)
    return pairs


def words_of(batch):
    return batch["word_ids"].reshape(-1)


def test_pairs_are_those_of_a_walk_over_the_sentences():
    # One long stretch: rows and blocks end in the middle of sentences.
    ids, counts = make_text(0)
    layout = Layout(row=4, rows=2, blocks=100, window=3, negatives=5, sample=0.0)
    batches = SkipGramBatches(ids, counts, layout, seed=3)
    assert len(batches) == 1
    (batch,) = batches[0]
    pairs = read_back(batch, layout)
    sentences = sentences_of(ids)
    words = list(itertools.chain.from_iterable(sentences))
    np.testing.assert_array_equal(words_of(batch)[: len(words)], words)
    # How far a word looks is random: read it where no sentence end is in the way, and else
    # from what remains of it.
    shown = {place: 0 for place in range(len(words))}
    for place, offset, _, _ in pairs:
        shown[place] = max(shown[place], abs(offset))
    begin = 0
    for sentence in sentences:
        for place in range(len(sentence)):
            longest = max(place, len(sentence) - 1 - place)
            assert (shown[begin + place] >= 1) == (longest >= 1)
        begin += len(sentence)
    assert pairs == expected_pairs(sentences, shown)
    assert max(shown.values()) == layout.window


def test_thinned_text_is_paired_over_the_words_that_are_left():
    ids, counts = make_text(1, words=30, sentences=60)
    layout = Layout(row=4, rows=2, blocks=200, window=2, negatives=5, sample=0.01)
    batches = SkipGramBatches(ids, counts, layout, seed=1)
    (batch,) = batches[0]
    pairs = read_back(batch, layout)
    words = dict((place, word) for place, _, word, _ in pairs)
    assert 0 < len(words) < (ids >= 0).sum()
    # Which words were kept, from the same random numbers.
    random = np.random.default_rng((1, 0, 0))
    at = np.flatnonzero(ids >= 0)
    kept = set(at[random.random(len(at), np.float32) < keep_probability(counts, 0.01)[ids[at]]])
    sentences, sentence = [], []
    for place, word in enumerate(ids):
        if word < 0:
            sentences.append(sentence)
            sentence = []
        elif place in kept:
            sentence.append(int(word))
    shown = Counter({place: 0 for place in range(sum(map(len, sentences)))})
    for place, offset, _, _ in pairs:
        shown[place] = max(shown[place], abs(offset))
    assert pairs == expected_pairs(sentences, shown)


def test_windows_are_of_every_size_equally_often():
    ids = np.tile(np.append(np.arange(50), -1), 400).astype(np.int32)
    layout = Layout(row=8, rows=4, blocks=1000, window=4, negatives=2, sample=0.0)
    (batch,) = SkipGramBatches(ids, np.full(50, 400), layout, seed=0)[0]
    inner = batch["word_ids"].reshape(-1)[: (ids >= 0).sum()]
    inner = (inner >= 4) & (inner < 46)
    before, after = (batch[name].reshape(-1)[: len(inner)][inner] for name in ("before", "after"))
    np.testing.assert_array_equal(before, after)
    assert chisquare(np.bincount(before, minlength=5)[1:]).pvalue > 1e-3


def test_every_word_is_visited_once_an_epoch():
    ids, counts = make_text(2, sentences=80)
    batches = SkipGramBatches(ids, counts, SMALL, seed=5)
    assert len(batches) > 10
    items = [batches.items(index) for index in range(2 * len(batches))]
    assert sum(items[: len(batches)]) == sum(items[len(batches) :]) == (ids >= 0).sum()
    for epoch in range(2):
        seen = []
        for index in range(epoch * len(batches), (epoch + 1) * len(batches)):
            (batch,) = batches[index]
            filled = words_of(batch)[: batches.items(index)]
            # Behind the words is padding, which has no pair.
            rest = slice(batches.items(index), None)
            assert not batch["before"].reshape(-1)[rest].any()
            assert not batch["after"].reshape(-1)[rest].any()
            seen.append(tuple(filled))
        # The stretches come in another order; put back, they are the text.
        stretches = [
            tuple(part[part >= 0])
            for part in np.split(ids, range(batches._stretch, len(ids), batches._stretch))
        ]
        assert Counter(seen) == Counter(stretches)
    orders = [
        [tuple(batches._stretch_ids(i)) for i in range(e * len(batches), (e + 1) * len(batches))]
        for e in range(2)
    ]
    assert orders[0] != orders[1]


def test_batches_are_a_function_of_seed_and_index():
    ids, counts = make_text(3)
    layout = Layout(row=4, rows=2, blocks=3, window=3, negatives=5, sample=0.05)
    batches = SkipGramBatches(ids, counts, layout, seed=1)
    length = len(batches)
    forward = [batches[index][0] for index in range(2 * length)]
    again = SkipGramBatches(ids, counts, layout, seed=1)
    for index in reversed(range(2 * length)):
        for name, array in again[index][0].items():
            np.testing.assert_array_equal(array, forward[index][name], err_msg=name)
    other = SkipGramBatches(ids, counts, layout, seed=2)
    assert any((other[index][0]["target_ids"] != forward[index]["target_ids"]).any()
               for index in range(length))  # fmt: skip
    assert any((forward[index]["target_ids"] != forward[index + length]["target_ids"]).any()
               for index in range(length))  # fmt: skip


def test_all_batches_have_one_shape_so_that_one_program_is_compiled():
    ids, counts = make_text(4, sentences=100)
    layout = Layout(row=4, rows=2, blocks=3, window=3, negatives=5, sample=0.05)
    batches = SkipGramBatches(ids, counts, layout, seed=1)
    shapes = {
        tuple((name, array.shape, str(array.dtype)) for name, array in batches[index][0].items())
        for index in range(len(batches))
    }
    assert len(shapes) == 1
    assert {dtype for _, _, dtype in shapes.pop()} == {"int32"}


@pytest.mark.parametrize("sample", [1e-1, 1e-3, 1e-5])
def test_words_are_kept_as_gensim_keeps_them(sample):
    gensim = pytest.importorskip("gensim.models")
    chance = np.random.default_rng(0)
    counts = np.sort(chance.integers(1, 100_000, 300))[::-1]
    words = {f"w{number}": int(count) for number, count in enumerate(counts)}
    model = gensim.Word2Vec(vector_size=1, min_count=1, sample=sample)
    model.build_vocab_from_freq(words)
    expected = [min(1.0, model.wv.get_vecattr(word, "sample_int") / 2**32) for word in words]
    np.testing.assert_allclose(keep_probability(counts, sample), expected, rtol=1e-6, atol=1e-6)


def test_without_sampling_every_word_is_kept():
    np.testing.assert_array_equal(keep_probability(np.array([5, 1]), 0.0), [1, 1])


@pytest.mark.parametrize("words", [2, 7, 500])
def test_noise_has_the_distribution_of_word2vec(words):
    chance = np.random.default_rng(1)
    counts = np.sort(chance.zipf(1.5, words).clip(max=10_000))[::-1].astype(np.int64)
    table = NoiseTable(counts)
    share = counts**0.75 / (counts**0.75).sum()
    # The table itself, added up, is the distribution.
    held = table.likely.astype(np.float64).copy()
    np.add.at(held, table.alias, 1 - table.likely.astype(np.float64))
    np.testing.assert_allclose(held / words, share, rtol=1e-4)
    drawn = table.draw(np.random.default_rng(2), (400, 500))
    assert drawn.dtype == np.int32 and drawn.shape == (400, 500)
    seen = np.bincount(drawn.reshape(-1), minlength=words)
    assert chisquare(seen, share * drawn.size).pvalue > 1e-3


def laid_out(batches):
    """Words but the most frequent one, whose id is that of padding."""
    return [np.count_nonzero(batches[index][0]["word_ids"]) for index in range(len(batches))]


def test_no_word_is_lost_in_ordinary_text(monkeypatch):
    ids, counts = make_text(5, words=2000, sentences=20_000, longest=30)
    layout = Layout(row=32, rows=4, blocks=64, window=5, negatives=4, sample=1e-3)
    batches = SkipGramBatches(ids, counts, layout, seed=1)
    assert len(batches) > 5
    found = laid_out(batches)
    monkeypatch.setattr(module, "ROOM", 100.0)
    assert found == laid_out(SkipGramBatches(ids, counts, layout, seed=1))


def test_no_word_is_lost_where_the_counts_are_of_other_text(monkeypatch):
    """As when a run goes on from an earlier one: its frequent words are rare now."""
    ids, counts = make_text(6, words=2000, sentences=20_000, longest=30)
    earlier = counts.copy()
    earlier[:200] += 10 * counts.sum()
    layout = Layout(row=32, rows=4, blocks=64, window=5, negatives=4, sample=1e-3)
    ids = np.where((ids >= 0) & (ids < 200) & (np.arange(len(ids)) % 5 > 0), 300 + ids, ids)
    ids = ids.astype(np.int32)
    batches = SkipGramBatches(ids, earlier, layout, seed=1)
    found = laid_out(batches)
    monkeypatch.setattr(module, "ROOM", 100.0)
    assert found == laid_out(SkipGramBatches(ids, earlier, layout, seed=1))


def test_a_text_smaller_than_a_block():
    ids = np.array([0, 1, -1, 1, 0, -1], np.int32)
    batches = SkipGramBatches(ids, np.array([2, 2]), Layout(sample=0.0), seed=0)
    assert len(batches) == 1 and batches.items(0) == 4
    (batch,) = batches[0]
    assert batch["word_ids"].shape == (1, 16, 32)
    assert batch["blocks"].tolist() == [1]
    layout = Layout(sample=0.0)
    assert [pair[2:] for pair in read_back(batch, layout)] == [(0, 1), (1, 0), (1, 0), (0, 1)]
    assert set(np.unique(batch["target_ids"][..., -layout.negatives :])) == {0, 1}


def test_a_text_of_which_nothing_is_left():
    ids = np.array([0, 0, 0, 1, -1], np.int32)
    layout = Layout(row=2, rows=1, blocks=2, window=2, negatives=2, sample=1e-12)
    batches = SkipGramBatches(ids, np.array([3, 1]), layout, seed=0)
    for index in range(len(batches)):
        (batch,) = batches[index]
        assert batch["blocks"].tolist() == [0]
        assert not batch["before"].any() and not batch["after"].any()
