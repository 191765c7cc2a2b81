"""Batches by tokens: every pair once an epoch, within the limit, the same for a seed."""

import numpy as np
import pytest

from apps.translation.batches import END_ID, START_ID, PairBatches


def drawn(count=500, *, seed=0, low=1, high=40):
    """Sentences of random length whose targets are about as long as their sources."""
    random = np.random.default_rng(seed)
    lengths = random.integers(low, high, count)
    others = np.maximum(1, lengths + random.integers(-5, 6, count))
    return tuple(
        [random.integers(4, 99, length).astype(np.int32) for length in side]
        for side in (lengths, others)
    )


def batches(sides=None, **changes):
    settings = {"batch_tokens": 600, "max_tokens": 100, "seed": 3, **changes}
    return PairBatches(*(sides or drawn()), **settings)


def same(one, other):
    return all(
        np.array_equal(a, b)
        for a, b in zip([*one[0].values(), *one[1:]], [*other[0].values(), *other[1:]], strict=True)
    )


def test_a_batch_by_hand():
    sides = [np.array([5, 6], np.int32)], [np.array([7, 8, 9], np.int32)]
    inputs, labels, weights = batches(sides, shuffle=False)[0]
    assert inputs["source_ids"].tolist() == [[5, 6, END_ID]]
    assert inputs["target_ids"].tolist() == [[START_ID, 7, 8, 9]]
    assert labels.tolist() == [[7, 8, 9, END_ID]] and weights.tolist() == [[1, 1, 1, 1]]
    # A source that is cut ends there; a target goes on, and nobody learns to stop in the middle.
    inputs, labels, _ = batches(sides, shuffle=False, max_tokens=1)[0]
    assert inputs["source_ids"].tolist() == [[5, END_ID]] and labels.tolist() == [[7, 8]]


@pytest.mark.parametrize("shuffle", [False, True])
def test_an_epoch_holds_every_pair_once_and_keeps_the_limit(shuffle):
    sources, targets = drawn()
    some = batches((sources, targets), shuffle=shuffle)
    rows = [some.rows(index) for index in range(len(some))]
    assert sorted(np.concatenate(rows)) == list(range(500))
    for index, chosen in enumerate(rows):
        inputs, labels, weights = some[index]
        assert max(inputs["source_ids"].size, labels.size) <= 600
        assert some.items(index) == weights.sum() == sum(len(targets[row]) + 1 for row in chosen)
        for row, ids in zip(chosen, labels, strict=True):
            assert ids[: len(targets[row])].tolist() == targets[row].tolist()


def test_later_epochs_keep_the_limit_too():
    some = batches(drawn(20_000), batch_tokens=1000)
    assert all(
        max(inputs["source_ids"].size, labels.size) <= 1000
        for inputs, labels, _ in (some[index] for index in range(4 * len(some)))
    )


def test_little_is_padding():
    some = batches(drawn(4000), batch_tokens=2000)
    held = [some[index] for index in range(len(some))]
    places = sum(max(inputs["source_ids"].size, labels.size) for inputs, labels, _ in held)
    needed = sum(
        max(len(source), len(target)) + 1 for source, target in zip(*drawn(4000), strict=True)
    )
    assert needed / places > 0.95  # 0.89 when sorted by the length of the target first
    # A batch that is not the last is nearly full.
    assert len(some) < 1.08 * needed / 2000


def test_a_batch_depends_on_seed_and_index_alone():
    some = batches()
    length = len(some)
    order = np.random.default_rng(0).permutation(3 * length)
    again = batches()
    assert all(same(some[index], again[index]) for index in order)
    assert not all(same(some[index], batches(seed=4)[index]) for index in range(length))
    assert not all(same(some[index], some[length + index]) for index in range(length))
    fixed = batches(shuffle=False)
    assert len(fixed) and all(same(fixed[i], batches(shuffle=False)[i]) for i in range(len(fixed)))


def recoded(epoch):
    """Other ids in each epoch, of quite other lengths."""
    return drawn(seed=epoch, high=30 + 7 * (epoch % 3))


@pytest.mark.parametrize("epoch", range(7))
def test_every_epoch_is_recoded_and_as_long_as_the_first(epoch):
    some = batches(recoded(0), recode=recoded)
    length = len(some)
    sources, targets = recoded(epoch)
    seen = []
    for index in range(epoch * length, (epoch + 1) * length):
        inputs, labels, weights = some[index]
        assert some.items(index) == weights.sum()
        for row, ids, answer in zip(some.rows(index), inputs["source_ids"], labels, strict=True):
            seen.append(row)
            assert ids[: len(sources[row])].tolist() == sources[row].tolist()
            assert answer[: len(targets[row])].tolist() == targets[row].tolist()
    assert sorted(seen) == list(range(500))
    # In any order, so also after a run was resumed in mid-epoch.
    again = batches(recoded(0), recode=recoded)
    last = (epoch + 1) * length - 1
    assert same(again[last], some[last]) and same(again[0], some[0])
