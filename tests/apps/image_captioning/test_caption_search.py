"""The search for captions: the likeliest of all, where it looked, and what it never writes."""

from dataclasses import replace
from itertools import product

import keras
import numpy as np
import pytest
from keras import ops

from apps.image_captioning.config import PRESETS, DecodingConfig
from apps.image_captioning.model import build_captioner
from apps.image_captioning.preprocessing import END_ID, START_ID, UNKNOWN_ID
from apps.image_captioning.search import CaptionSearch

VOCABULARY, PLACES, CHANNELS = 6, 4, 96
STEPS = 4


def decoder_of(kind):
    keras.utils.set_random_seed(1)
    config = PRESETS["smoke"]
    shape = replace(config.model, kind=kind, embedding=8, units=8, num_heads=2, layers=1)
    model = build_captioner(replace(config, model=shape), vocabulary_size=VOCABULARY, size=16)
    for variable in model.decoder.trainable_variables:
        variable.assign(2.0 * variable)
    return model.decoder


def features(batch=2):
    return np.random.default_rng(3).normal(size=(batch, PLACES, CHANNELS)).astype(np.float32)


def every_caption(decoder, grid):
    """Returns {ids with the end: log-probability} of all captions of up to STEPS ids."""
    words = (4, 5)
    found = {}
    for length in range(STEPS):
        for said in product(words, repeat=length):
            # Padding behind the last word changes nothing before it.
            target_ids = np.zeros((1, STEPS), np.int32)
            target_ids[0, : length + 1] = [START_ID, *said]
            logits = decoder({"features": grid[None], "target_ids": target_ids})
            every = ops.convert_to_numpy(ops.log_softmax(logits, axis=-1))[0]
            ids = (*said, END_ID)
            found[ids] = float(sum(every[place, one] for place, one in enumerate(ids)))
    return found


@pytest.mark.parametrize("kind", ["show_and_tell", "show_attend_tell", "transformer"])
def test_a_wide_beam_finds_the_likeliest_of_all_captions(kind):
    decoder = decoder_of(kind)
    config = DecodingConfig(
        beam_width=16, n_best=2, length_penalty=0.0, max_words=STEPS - 1, no_repeat_ngram=0
    )
    given = features()
    found = CaptionSearch(decoder, config).predict_on_batch({"features": given})
    for row, grid in enumerate(given):
        every = every_caption(decoder, grid)
        best = sorted(every, key=every.get, reverse=True)[:2]
        for place, ids in enumerate(best):
            expected = np.zeros(STEPS, np.int32)
            expected[: len(ids)] = ids
            assert found["token_ids"][row, place].tolist() == expected.tolist()
            assert found["log_probability"][row, place] == pytest.approx(every[ids], abs=1e-4)
    np.testing.assert_allclose(found["score"], found["log_probability"], atol=1e-5)


@pytest.mark.parametrize("kind", ["show_and_tell", "show_attend_tell"])
def test_it_looks_while_it_writes_and_never_says_unknown(kind):
    decoder = decoder_of(kind)
    table = np.zeros(decoder.words.table.shape, np.float32)
    # All words alike, so the unknown one and the start would come as often as any.
    decoder.words.table.assign(table)
    config = DecodingConfig(beam_width=3, n_best=3, max_words=STEPS - 1)
    found = CaptionSearch(decoder, config).predict_on_batch({"features": features()})
    assert found["attention"].shape == (2, 3, STEPS, PLACES)
    assert found["attention"].dtype == np.float32 and found["token_ids"].dtype == np.int32
    assert not np.isin(found["token_ids"], [UNKNOWN_ID, START_ID]).any()
    written = (found["token_ids"] != 0).astype(np.float32)
    sums = written if decoder.looks else np.zeros_like(written)
    np.testing.assert_allclose(found["attention"].sum(axis=-1), sums, atol=1e-5)
    assert (np.diff(found["score"], axis=1) <= 0).all()
