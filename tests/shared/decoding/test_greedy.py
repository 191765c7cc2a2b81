"""Greedy search against a loop over one sequence in numpy."""

from itertools import pairwise

import numpy as np
import pytest
from history_step import END, SOURCE, START, HistoryStep, arrays, listed, penalty
from keras import ops

from shared.decoding.greedy import blocked, greedy_search


def search(step, items=slice(None), **options):
    options = {"batch": len(step.items[items]), "max_steps": 12, **options}
    return greedy_search(step, step.begin(1, items), start_id=START, end_id=END, **options)


def slow_greedy(step, item, limit, never=(0, START)):
    ids = []
    while len(ids) < limit and END not in ids:
        row = step.trace(item, [*ids, 0])[0][-1]
        row[list(never)] = -np.inf
        ids.append(int(row.argmax()))
    return ids


def test_the_likeliest_id_is_written_until_the_end():
    step = HistoryStep(12, items=20, seed=3)
    found = search(step, source_size=SOURCE, length_penalty=0.9)
    lengths = set()
    for item in range(20):
        ids = listed(found, item)
        assert ids == slow_greedy(step, item, 12)
        total = step.log_probability(item, ids)
        assert float(found.log_probability[item, 0]) == pytest.approx(total, rel=1e-5)
        scored = total / penalty(len(ids), 0.9)
        assert float(found.score[item, 0]) == pytest.approx(scored, rel=1e-5)
        assert bool(found.finished[item, 0]) == (ids[-1] == END)
        looks = ops.convert_to_numpy(found.attention)[item, 0]
        np.testing.assert_allclose(looks[: len(ids)], step.trace(item, ids)[1], atol=1e-5)
        assert not looks[len(ids) :].any()
        assert not ops.convert_to_numpy(found.token_ids)[item, 0, len(ids) :].any()
        lengths.add(len(ids))
    assert len(lengths) > 2


def test_a_batch_of_mixed_limits_equals_one_by_one():
    step = HistoryStep(12, items=4, seed=3)
    limits = np.array([5, 1, 12, 3], "int32")
    together = arrays(search(step, max_lengths=limits))
    for item in range(4):
        alone = arrays(search(step, slice(item, item + 1), max_steps=int(limits[item])))
        np.testing.assert_array_equal(alone[0][0, 0], together[0][item, 0, : limits[item]])
        assert not together[0][item, 0, limits[item] :].any()
        for one, other in zip(alone[1:5], together[1:5], strict=True):
            np.testing.assert_allclose(one[0], other[item], rtol=1e-5)


def test_blocked_ids_and_repeats_are_not_written():
    step = HistoryStep(9, items=8, seed=10, sharpness=4.0)
    ids = listed(search(step, max_steps=14), 0)
    found = search(step, max_steps=14, blocked_ids=[ids[0]])
    assert listed(found, 0) == slow_greedy(step, 0, 14, never=(0, START, ids[0]))
    found = search(step, max_steps=14, no_repeat_ngram=2)
    for item in range(8):
        ids = listed(found, item)
        pairs = list(pairwise(ids))
        assert len(pairs) == len(set(pairs))
        total = step.log_probability(item, ids)
        assert float(found.log_probability[item, 0]) == pytest.approx(total, abs=1e-4)


def test_the_loop_ends_when_all_have_ended():
    calls = []

    def step(ids, position, state):
        calls.append(1)
        return 9.0 * ops.one_hot(ops.where(ids == START, 5, END), 8), state, None

    found = greedy_search(step, {}, batch=3, start_id=START, end_id=END, max_steps=50)
    assert len(calls) == 2
    assert listed(found, 2) == [5, END]


def test_start_may_be_the_end_id():
    assert blocked([1, 7], 3, 3) == [0, 1, 7]
    assert blocked([], 2, 0) == [2]
