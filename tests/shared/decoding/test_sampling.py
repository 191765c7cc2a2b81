"""Samples against the distribution they are drawn from."""

import numpy as np
import pytest
from history_step import END, START, HistoryStep, arrays, listed
from keras import ops

from shared.decoding.greedy import greedy_search
from shared.decoding.sampling import draw, sample

# Not in order, so that sorting is seen.
PROBABILITY = np.array([0.1, 0.4, 0.05, 0.25, 0.2], "float32")
# Every share of the unit interval once: frequencies are exact to 1 / 2000.
NOISE = ((np.arange(2000) + 0.5) / 2000).astype("float32")


def frequencies(**options):
    logits = np.tile(np.log(PROBABILITY) + 3.0, (len(NOISE), 1))
    ids = ops.convert_to_numpy(draw(logits, NOISE, **options))
    return np.bincount(ids, minlength=5) / len(NOISE)


def normalised(values):
    return np.array(values) / np.sum(values)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, PROBABILITY),
        ({"temperature": 0.5}, normalised(PROBABILITY**2)),
        ({"temperature": 2.0}, normalised(PROBABILITY**0.5)),
        ({"top_k": 1}, [0, 1, 0, 0, 0]),
        ({"top_k": 3}, normalised([0, 0.4, 0, 0.25, 0.2])),
        ({"top_k": 5}, PROBABILITY),
        ({"top_k": 99}, PROBABILITY),
        ({"top_p": 1.0}, PROBABILITY),
        ({"top_p": 0.39}, [0, 1, 0, 0, 0]),
        ({"top_p": 0.41}, normalised([0, 0.4, 0, 0.25, 0])),
        ({"top_p": 1e-6}, [0, 1, 0, 0, 0]),
        ({"top_k": 3, "top_p": 0.5}, normalised([0, 0.4, 0, 0.25, 0])),
        ({"temperature": 1e-3}, [0, 1, 0, 0, 0]),
    ],
)
def test_frequencies_are_the_probabilities(options, expected):
    np.testing.assert_allclose(frequencies(**options), expected, atol=0.0016)


@pytest.mark.parametrize("options", [{}, {"top_k": 3}, {"top_p": 0.5}])
def test_the_ends_of_the_noise_draw_what_is_possible(options):
    logits = np.array([[-1e9, 0.0, 1.0, -1e9]] * 2, "float32")
    ids = ops.convert_to_numpy(draw(logits, np.array([0.0, 1.0], "float32"), **options))
    assert set(ids.tolist()) <= {1, 2}


def test_sequences_follow_the_network():
    # Of a start id and two steps every probability is known: compare the pairs drawn.
    step, count = HistoryStep(7, seed=1, sharpness=1.0), 60
    grid = ((np.arange(count) + 0.5) / count).astype("float32")
    noise = np.stack(np.meshgrid(grid, grid), axis=-1).reshape(-1, 2)
    state = {"hidden": ops.repeat(step.begin(1)["hidden"], len(noise), axis=0)}
    found = sample(
        step, state, batch=len(noise), start_id=START, end_id=END, max_steps=2, noise=noise
    )
    drawn = [tuple(one) for one in ops.convert_to_numpy(found.token_ids)[:, 0].tolist()]
    allowed = [one for one in range(7) if one not in (0, START)]
    for first in allowed:
        rows = np.exp(step.trace(0, (first, 0))[0])[:, allowed]
        rows /= rows.sum(axis=1, keepdims=True)
        one = rows[0, allowed.index(first)]
        if first == END:
            assert drawn.count((END, 0)) / len(drawn) == pytest.approx(one, abs=0.02)
            continue
        for second in allowed:
            expected = one * rows[1, allowed.index(second)]
            assert drawn.count((first, second)) / len(drawn) == pytest.approx(expected, abs=0.02)


def test_the_log_probability_is_the_networks_own():
    step = HistoryStep(20, items=6, seed=2)
    noise = np.random.default_rng(0).random((6, 10), "float32")
    found = sample(
        step, step.begin(1), batch=6, start_id=START, end_id=END, max_steps=10, noise=noise,
        temperature=0.7, top_k=5, top_p=0.9, blocked_ids=[4], no_repeat_ngram=1,
    )  # fmt: skip
    for item in range(6):
        ids = listed(found, item)
        assert 4 not in ids and len(ids) == len(set(ids))
        total = step.log_probability(item, ids)
        assert float(found.log_probability[item, 0]) == pytest.approx(total, rel=1e-4)


def test_one_candidate_is_greedy_and_noise_decides_the_rest():
    step = HistoryStep(20, items=6, seed=2)
    options = {"batch": 6, "start_id": START, "end_id": END, "max_steps": 10}
    noise = np.random.default_rng(0).random((2, 6, 10), "float32")
    greedy = greedy_search(step, step.begin(1), **options)
    single = sample(step, step.begin(1), **options, noise=noise[0], top_k=1)
    for one, other in zip(arrays(greedy)[:-1], arrays(single)[:-1], strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)
    first, again, other = (
        ops.convert_to_numpy(sample(step, step.begin(1), **options, noise=one).token_ids)
        for one in (noise[0], noise[0], noise[1])
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_all_wrong_numbers_are_told_together():
    message = (
        "temperature of at least 0.001, received 0; top_k of at least 1, received 0; top_p .* 1.5"
    )
    with pytest.raises(ValueError, match=message):
        sample(
            HistoryStep(5), {}, batch=1, start_id=2, end_id=3, max_steps=2, noise=[[0.1, 0.2]],
            temperature=0, top_k=0, top_p=1.5,
        )  # fmt: skip


def test_the_coldest_draw_is_the_likeliest_id_however_large_the_logits():
    logits = np.array([[3e4, 2.9e4, -3e4], [-3e4, -2.9e4, 0.0]], "float32")
    for noise in (0.0, 0.999):
        drawn = draw(logits, np.full(2, noise, "float32"), 1e-3)
        assert ops.convert_to_numpy(drawn).tolist() == [0, 2]
