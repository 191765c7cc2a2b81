"""Which rows make a batch: each row once an epoch, the same batch for the same number."""

from itertools import chain

import numpy as np
import pytest

from shared.data.batches import BucketedRows

LENGTHS = np.random.default_rng(0).integers(1, 30, size=203)


def epoch(rows: BucketedRows, number: int) -> list[list[int]]:
    return [rows.rows(number * len(rows) + place).tolist() for place in range(len(rows))]


def test_every_row_is_seen_once_an_epoch():
    rows = BucketedRows(LENGTHS, batch_size=8, seed=1, boundaries=(5, 10, 20))
    assert len(rows) == 26
    for number in range(3):
        assert sorted(chain.from_iterable(epoch(rows, number))) == list(range(203))


def test_a_batch_depends_on_seed_and_index_alone():
    options = {"batch_size": 8, "boundaries": (5, 10, 20)}
    first = BucketedRows(LENGTHS, seed=1, **options)
    again = BucketedRows(LENGTHS, seed=1, **options)
    forward = [first.rows(index).tolist() for index in range(60)]
    backward = [again.rows(index).tolist() for index in reversed(range(60))]
    assert forward == backward[::-1]
    assert epoch(first, 0) != epoch(first, 1)
    assert epoch(first, 0) != epoch(BucketedRows(LENGTHS, seed=2, **options), 0)


def test_rows_of_a_batch_are_of_like_length():
    boundaries = np.array([5, 10, 20])
    rows = BucketedRows(LENGTHS, batch_size=8, seed=1, boundaries=boundaries)
    batches = epoch(rows, 0)
    mixed = [
        batch for batch in batches if len(set(np.searchsorted(boundaries, LENGTHS[batch]))) > 1
    ]
    # Leftovers go up into the next bucket: at most one mixed batch a boundary.
    assert len(mixed) <= 3
    assert sorted(map(len, batches))[:2] == [203 % 8, 8]


def test_batches_of_all_lengths_are_mixed_over_the_epoch():
    rows = BucketedRows(LENGTHS, batch_size=8, seed=1, boundaries=(5, 10, 20))
    buckets = [np.searchsorted([5, 10, 20], LENGTHS[batch].max()) for batch in epoch(rows, 0)]
    assert buckets != sorted(buckets)


def test_without_shuffling_order_is_kept():
    rows = BucketedRows([1, 9, 1, 9], batch_size=1, boundaries=(5,), shuffle=False)
    assert epoch(rows, 0) == epoch(rows, 1) == [[0], [2], [1], [3]]


def test_wrong_numbers_are_refused():
    with pytest.raises(IndexError):
        BucketedRows([1], batch_size=1).rows(-1)
    with pytest.raises(IndexError):
        BucketedRows([], batch_size=1).rows(0)
