"""The best candidates against a sort of all of them."""

import numpy as np
import pytest
from keras import ops

from shared.decoding.blocks import cut_blocks
from shared.decoding.candidates import best_candidates, first_rows, known_size, log_normaliser


@pytest.mark.parametrize("beam_width", [1, 2, 5])
@pytest.mark.parametrize("vocabulary", [6, 23, 60, 211])
def test_they_are_the_best_of_all(vocabulary, beam_width):
    random = np.random.default_rng(vocabulary + beam_width)
    batch = 4
    logits = random.normal(size=(batch * beam_width, vocabulary)).astype("float32") * 3
    live = random.normal(size=(batch, beam_width)).astype("float32")
    never = [0, 2, 3, vocabulary - 1]
    best = best_candidates(
        logits,
        live,
        cut_blocks(vocabulary, never),
        rows=first_rows(batch, beam_width),
        known=known_size(batch),
    )
    wide = logits.astype("float64")
    totals = live.reshape(-1, 1) + wide - np.log(np.exp(wide).sum(axis=1, keepdims=True))
    totals[:, never] = -np.inf
    totals = totals.reshape(batch, -1)
    order = np.argsort(-totals, axis=1)[:, :beam_width]
    np.testing.assert_array_equal(best.beams, order // vocabulary)
    np.testing.assert_array_equal(best.ids, order % vocabulary)
    values = np.take_along_axis(totals, order, axis=1)
    np.testing.assert_allclose(best.log_probability, values, atol=1e-5)


def test_of_equal_ones_the_first_is_chosen():
    best = best_candidates(
        np.zeros((1, 50), "float32"),
        np.zeros((1, 1), "float32"),
        cut_blocks(50, [0, 1]),
        rows=first_rows(1, 1),
        known=1,
    )
    assert ops.convert_to_numpy(best.ids).tolist() == [[2]]


@pytest.mark.parametrize("scale", [0.0, 1.0, 1e4])
def test_the_normaliser_is_the_log_of_the_sum(scale):
    logits = (np.random.default_rng(0).normal(size=(3, 9)) * scale).astype("float32")
    wide = logits.astype("float64")
    peak = wide.max(axis=1, keepdims=True)
    expected = peak + np.log(np.exp(wide - peak).sum(axis=1, keepdims=True))
    np.testing.assert_allclose(log_normaliser(logits), expected, rtol=1e-6)
    np.testing.assert_allclose(log_normaliser(logits[:, :1]), logits[:, :1])
