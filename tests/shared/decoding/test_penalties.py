"""Penalties against numbers worked out by hand, the guard against a search in lists."""

import numpy as np
import pytest
from keras import ops

from shared.decoding.penalties import coverage_penalty, forbid_repeats, length_penalty
from shared.layers.constants import NEVER


def test_the_length_penalty_has_the_values_of_its_formula():
    lengths = np.array([1, 7, 19], "int32")
    np.testing.assert_allclose(length_penalty(lengths, 0.0), [1, 1, 1])
    np.testing.assert_allclose(length_penalty(lengths, 1.0), [1, 2, 4], rtol=1e-6)
    np.testing.assert_allclose(length_penalty(lengths, 0.5), [1, 2**0.5, 2], rtol=1e-6)


def test_the_coverage_penalty_counts_real_places_only():
    coverage = np.array([[0.5, 2.0, 0.25], [0.0, 1.0, 0.0]], "float32")
    mask = np.array([[1, 1, 0], [1, 1, 0]], bool)
    expected = [0.3 * np.log(0.5), 0.3 * np.log(1e-6)]
    np.testing.assert_allclose(coverage_penalty(coverage, mask, 0.3), expected, rtol=1e-5)
    mask[:, 2] = True
    assert float(coverage_penalty(coverage, mask, 0.3)[0]) == pytest.approx(0.3 * np.log(0.125))


@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("written", [0, 1, 2, 9])
def test_the_guard_forbids_what_would_repeat(size, written):
    random = np.random.default_rng(size)
    limit, rows, vocabulary = 9, 30, 5
    history = np.zeros((limit + size - 1, rows), "int32")
    history[:written] = random.integers(1, vocabulary, (written, rows))
    logits = random.normal(size=(rows, vocabulary)).astype("float32")
    guarded = forbid_repeats(logits, history, ops.convert_to_tensor(written), size)
    guarded, forbidden = ops.convert_to_numpy(guarded), 0
    for row in range(rows):
        ids = history[:written, row].tolist()
        grams = [ids[i : i + size] for i in range(written - size + 1)]
        for one in range(1, vocabulary):
            repeats = [*ids[max(0, written - size + 1) :], one] in grams
            assert (guarded[row, one] == NEVER) == repeats
            assert repeats or guarded[row, one] == logits[row, one]
            forbidden += repeats
    assert forbidden or written < 9
