"""The three decoders: against formulas in numpy, and one word at a time against all at once."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops

from apps.image_captioning.config import PRESETS, ModelConfig
from apps.image_captioning.model import build_captioner
from shared.training.weights import to_array

KINDS = ("show_and_tell", "show_attend_tell", "transformer")
VOCABULARY, PLACES, CHANNELS = 30, 4, 96


def decoder_of(kind, **changes):
    keras.utils.set_random_seed(1)
    model = ModelConfig(
        kind=kind, backbone="small", embedding=8, units=12, num_heads=2, dropout=0.0
    )
    config = replace(PRESETS["smoke"], model=replace(model, **changes))
    decoder = build_captioner(config, vocabulary_size=VOCABULARY, size=16).decoder
    chance = np.random.default_rng(0)
    for variable in decoder.trainable_variables:  # biases too, so that none may be forgotten
        variable.assign(chance.normal(0, 0.4, variable.shape))
    return decoder


def inputs(batch=3, length=6):
    chance = np.random.default_rng(5)
    target_ids = chance.integers(4, VOCABULARY, (batch, length)).astype(np.int32)
    target_ids[:, 0] = 2
    features = chance.normal(size=(batch, PLACES, CHANNELS)).astype(np.float32)
    return {"features": features, "target_ids": target_ids}


def logits_of(decoder, given):
    return ops.convert_to_numpy(decoder(given))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("beam_width", [1, 3])
def test_steps_score_what_the_whole_scores(kind, beam_width):
    decoder, given = decoder_of(kind), inputs()
    expected = np.repeat(logits_of(decoder, given), beam_width, axis=0)
    length = given["target_ids"].shape[1]
    memory = decoder.encode(ops.convert_to_tensor(given["features"]))
    state = decoder.init_state(memory, length, beam_width=beam_width)
    step = decoder.stepper(memory, length, beam_width=beam_width)
    for place, ids in enumerate(np.repeat(given["target_ids"], beam_width, axis=0).T):
        logits, state, looked = step(
            ops.convert_to_tensor(ids), ops.convert_to_tensor(np.int32(place)), state
        )
        np.testing.assert_allclose(ops.convert_to_numpy(logits), expected[:, place], atol=2e-5)
        assert (looked is not None) == decoder.looks
        if decoder.looks:
            looked = ops.convert_to_numpy(looked)
            assert looked.shape == (3 * beam_width, PLACES)
            np.testing.assert_allclose(looked.sum(axis=1), 1.0, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_word_depends_on_the_picture_and_on_the_words_before_it_alone(kind):
    decoder, given = decoder_of(kind), inputs()
    before = logits_of(decoder, given)
    other = given["target_ids"].copy()
    other[:, 3:] = 0
    after = logits_of(decoder, given | {"target_ids": other})
    np.testing.assert_allclose(after[:, :3], before[:, :3], atol=1e-6)
    assert np.abs(after[:, 3] - before[:, 3]).max() > 1e-3
    seen = logits_of(decoder, given | {"features": given["features"][::-1].copy()})
    np.testing.assert_allclose(seen[1], before[1], atol=1e-6)
    assert np.abs(seen[0] - before[0]).max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_a_decoder_is_made_again_from_its_config(kind):
    decoder, given = decoder_of(kind), inputs()
    again = type(decoder).from_config(decoder.get_config())
    again.build({"features": (None, PLACES, CHANNELS)})
    for new, old in zip(again.weights, decoder.weights, strict=True):
        new.assign(old)
    np.testing.assert_array_equal(logits_of(again, given), logits_of(decoder, given))


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_is_for_training_alone(kind):
    decoder, given = decoder_of(kind, dropout=0.5), inputs()
    np.testing.assert_array_equal(logits_of(decoder, given), logits_of(decoder, given))
    trained = ops.convert_to_numpy(decoder(given, training=True))
    assert np.abs(trained - logits_of(decoder, given)).max() > 1e-3


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    x = np.exp(x - x.max(axis=-1, keepdims=True))
    return x / x.sum(axis=-1, keepdims=True)


def weights_of(decoder):
    """Returns {path without the decoder: float64}."""
    return {one.path.partition("/")[2]: to_array(one).astype(np.float64) for one in decoder.weights}


def attended(decoder, given):
    """Returns logits (B, T, V) and weights (B, T, R) of Xu et al. in numpy, a loop of scalars."""
    w = weights_of(decoder)
    units, size = decoder.units, decoder.embedding_size
    table, features = w["words/table"], given["features"].astype(np.float64)
    logits = np.zeros((*given["target_ids"].shape, len(table)))
    looked = np.zeros((*given["target_ids"].shape, features.shape[1]))
    for row, grid in enumerate(features):
        values = grid @ w["values/kernel"] + w["values/bias"]
        keys = values @ w["keys/kernel"] + w["keys/bias"]
        first = np.tanh(values.mean(axis=0) @ w["first/kernel"] + w["first/bias"])
        hidden, cell = first[:units], first[units:]
        for place, word in enumerate(given["target_ids"][row]):
            x = table[word] * np.sqrt(size)
            told = hidden @ w["recurrent/kernel"] + w["recurrent/bias"]
            query, gate, rest = told[:size], told[size], told[size + 1 :]
            alphas = softmax((np.tanh(keys + query) @ w["score/kernel"])[:, 0])
            context = sigmoid(gate) * (alphas @ values)
            gates = x @ w["word_gates/kernel"] + w["word_gates/bias"] + rest
            gates = gates + context @ w["place_gates/kernel"]
            take, forget, give, new = np.split(gates, 4)
            cell = sigmoid(forget + 1) * cell + sigmoid(take) * np.tanh(new)
            hidden = sigmoid(give) * np.tanh(cell)
            seen = np.concatenate([hidden, context, x])
            deep = np.tanh(seen @ w["deep/kernel"] + w["deep/bias"])
            logits[row, place], looked[row, place] = deep @ table.T, alphas
    return logits, looked


def test_show_attend_tell_is_its_formula():
    decoder, given = decoder_of("show_attend_tell"), inputs()
    expected, _ = attended(decoder, given)
    np.testing.assert_allclose(logits_of(decoder, given), expected, atol=2e-4)


def test_looking_unevenly_costs_in_training_what_the_formula_says():
    decoder, given = decoder_of("show_attend_tell"), inputs()
    given["target_ids"][1, 4:] = 0  # padding, whose looks do not count
    _, looked = attended(decoder, given)
    looked[1, 4:] = 0.0
    expected = 0.7 * ((1 - looked.sum(axis=1)) ** 2).mean()
    decoder.regularisation = 0.7
    decoder(given, training=True)
    assert float(decoder.losses[0]) == pytest.approx(expected, rel=1e-4)
    decoder(given, training=False)
    assert decoder.losses == []


def test_show_and_tell_reads_the_picture_as_its_first_word():
    decoder, given = decoder_of("show_and_tell"), inputs()
    w = weights_of(decoder)
    names = ("lstm/lstm_cell/kernel", "lstm/lstm_cell/recurrent_kernel", "lstm/lstm_cell/bias")
    kernel, recurrent, bias = (w[name] for name in names)
    table = w["words/table"]

    def read(x, hidden, cell):
        take, forget, new, give = np.split(x @ kernel + hidden @ recurrent + bias, 4)
        cell = sigmoid(forget) * cell + sigmoid(take) * np.tanh(new)
        return sigmoid(give) * np.tanh(cell), cell

    logits = logits_of(decoder, given)
    for row, grid in enumerate(given["features"].astype(np.float64)):
        nothing = np.zeros(decoder.units)
        picture = grid.mean(axis=0) @ w["picture/kernel"] + w["picture/bias"]
        hidden, cell = read(picture, nothing, nothing)
        for place, word in enumerate(given["target_ids"][row]):
            hidden, cell = read(table[word] * np.sqrt(decoder.embedding_size), hidden, cell)
            expected = (hidden @ w["told/kernel"] + w["told/bias"]) @ table.T
            np.testing.assert_allclose(logits[row, place], expected, atol=2e-4)


def test_the_transformer_tells_places_apart():
    decoder, given = decoder_of("transformer"), inputs()
    turned = given | {"features": given["features"][:, ::-1].copy()}
    assert np.abs(logits_of(decoder, turned) - logits_of(decoder, given)).max() > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_a_decoder_learns_what_to_say_of_which_picture(kind):
    decoder, given = decoder_of(kind, units=16, embedding=16), inputs(batch=2, length=4)
    labels = given["target_ids"].copy()
    given["target_ids"][:, 1:] = [5, 6, 7]  # alike, so that the picture alone tells them apart
    decoder.compile(
        optimizer=keras.optimizers.Adam(0.02),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    decoder.fit(given, labels, epochs=60, batch_size=2, verbose=0)
    np.testing.assert_array_equal(logits_of(decoder, given).argmax(axis=-1), labels)


def test_regularisation_makes_attention_more_even():
    given, uneven = inputs(batch=8, length=4), []
    for regularisation in (0.0, 5.0):
        decoder = decoder_of("show_attend_tell")
        decoder.regularisation = regularisation
        decoder.compile(
            optimizer=keras.optimizers.Adam(0.02),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        )
        decoder.fit(given, given["target_ids"], epochs=20, batch_size=8, verbose=0)
        _, looked = attended(decoder, given)
        uneven.append(((1 - looked.sum(axis=1)) ** 2).mean())
    assert uneven[1] < 0.8 * uneven[0]


def test_captions_that_a_picture_does_not_have_are_not_asked_to_look_everywhere():
    given = inputs(batch=3, length=4)
    decoder = decoder_of("show_attend_tell")
    decoder.regularisation, losses = 5.0, []
    missing = np.zeros_like(given["target_ids"])
    for rows in ([given["target_ids"]], [given["target_ids"], missing]):
        decoder({**given, "target_ids": np.stack(rows, axis=1)}, training=True)
        losses.append(float(decoder.losses[0]))
    assert losses[0] > 0
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
