"""Averages of the weights: their formula, and what `fit` makes of them."""

import keras
import numpy as np
import pytest
from tiny_run import BATCHES, TinyBatches, tiny_model, tiny_stage

from shared.config import TrainingConfig
from shared.errors import ConfigError
from shared.files import read_arrays
from shared.training import build_optimizer, fit
from shared.training.averaging import EPOCHS
from shared.training.layerwise_adam import LayerwiseAdam
from shared.training.moving_average import AveragingAdam, averages_of
from shared.training.weights import named_weights, restore_weights, to_array

CONFIG = TrainingConfig(learning_rate=0.05)
GRADIENTS = np.random.default_rng(0).normal(size=(12, 2, 3)).astype("float32")


def mean_by_age(weights, decay):
    """The mean of weights (T, ...): 1 for the last of them, `decay` for the one before, ..."""
    shares = decay ** np.arange(len(weights) - 1, -1, -1.0)
    return np.tensordot(shares / shares.sum(), np.array(weights, np.float64), axes=1)


def applied(optimizer, variables):
    """Yields after each step, with the gradients of both variables."""
    optimizer.build(variables)
    for gradients in GRADIENTS:
        optimizer.apply([keras.ops.convert_to_tensor(one) for one in gradients])
        yield


@pytest.mark.parametrize("decay", [0.5, 0.999])
@pytest.mark.parametrize("accumulate", [1, 3])
@pytest.mark.parametrize("name", ["adam", "sgd"])
def test_it_is_the_mean_of_all_updates_by_their_age(name, accumulate, decay):
    config = TrainingConfig(optimizer=name, learning_rate=0.1, accumulate=accumulate)
    optimizer = build_optimizer(config, total_steps=12, ema=decay)
    variables = [keras.Variable(np.full(3, value, "float32")) for value in (1.0, -2.0)]
    first, seen = [to_array(one) for one in variables], []
    for step, _ in enumerate(applied(optimizer, variables), start=1):
        if step % accumulate == 0:
            seen.append([to_array(one) for one in variables])
        expected = mean_by_age(seen, decay) if seen else first
        for average, value in zip(optimizer.averages(), expected, strict=True):
            np.testing.assert_allclose(to_array(average), value, rtol=1e-5)
    assert len(seen) == 12 // accumulate


@pytest.mark.parametrize("name", ["adam", "sgd", "layerwise"])
def test_the_weights_are_trained_as_without_it(name):
    paths = {"low": 0.1}
    config = TrainingConfig(optimizer="sgd" if name == "sgd" else "adam", schedule="cosine")
    options = {"total_steps": 12, "factors": paths if name == "layerwise" else None}
    moved = []
    for ema in (0.0, 0.9):
        variables = [keras.Variable(np.ones(3, "float32"), name=one) for one in ("low", "high")]
        optimizer = build_optimizer(config, ema=ema, **options)
        for _ in applied(optimizer, variables):
            pass
        moved.append([to_array(one) for one in variables])
    np.testing.assert_array_equal(*moved)
    assert isinstance(optimizer, LayerwiseAdam) == (name != "sgd")


def test_it_survives_saving():
    optimizer = AveragingAdam({"low": 0.5}, ema=0.9, learning_rate=0.01)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    assert (again.ema, again.factors, type(again)) == (0.9, {"low": 0.5}, AveragingAdam)


@pytest.mark.parametrize("decay", [1.0, -0.1, float("nan")])
def test_a_decay_that_is_none_is_refused(decay):
    with pytest.raises(ConfigError, match="from 0 to below 1"):
        build_optimizer(CONFIG, total_steps=1, ema=decay)


def test_it_is_found_behind_the_scaling_of_float16():
    keras.config.set_dtype_policy("mixed_float16")
    try:
        model = tiny_model()
    finally:
        keras.config.set_dtype_policy("float32")
    optimizer = build_optimizer(CONFIG, total_steps=1, ema=0.9)
    model.compile(optimizer=keras.optimizers.LossScaleOptimizer(optimizer))
    model.optimizer.build(model.trainable_variables)
    averages = averages_of(model)
    for weight in model.trainable_variables:
        np.testing.assert_array_equal(to_array(averages[id(weight)]), to_array(weight))
    model.compile(optimizer=keras.optimizers.Adam())
    assert averages_of(model) == {}


def arrays_of(model):
    return {name: to_array(weight) for name, weight in named_weights(model).items()}


def assert_equal(weights, others):
    assert list(weights) == list(others)
    for name in weights:
        np.testing.assert_array_equal(weights[name], others[name], err_msg=name)


def trained(folder, *, ema, jit=False, **changes):
    """Trains a tiny model; returns it, the weights at each validation, and the rows."""
    keras.utils.set_random_seed(1)
    model, seen = tiny_model(), []

    def validate():
        seen.append(arrays_of(model))
        return {"score": float(len(seen))}

    changes = {"validation": TinyBatches(6, length=2), "monitor": "val_score", **changes}
    stage = tiny_stage(model, CONFIG, validate=validate, ema=ema, jit_compile=jit, **changes)
    return model, seen, fit([stage], folder, config=CONFIG, seed=1).rows


@pytest.mark.parametrize("jit", [False, True])
def test_the_averages_are_scored_and_written_and_the_weights_are_trained_on(tmp_path, jit):
    model, seen, rows = trained(tmp_path / "ema", ema=0.9, jit=jit, keep_last=2)
    plain, weights, plain_rows = trained(tmp_path / "plain", ema=0.0, jit=jit)
    for name, array in arrays_of(plain).items():
        np.testing.assert_allclose(arrays_of(model)[name], array, rtol=1e-4, atol=1e-6)
    assert [row["loss"] for row in rows] == pytest.approx([row["loss"] for row in plain_rows])
    kernel = "hidden/kernel"
    assert all(
        (one[kernel] != other[kernel]).any() for one, other in zip(seen, weights, strict=True)
    )
    # The first epoch is the best: 1, 2, 3 are its scores.
    assert_equal(read_arrays(tmp_path / "ema/weights/best.npz"), seen[0])
    assert_equal(read_arrays(tmp_path / "ema/weights/last.npz"), seen[2])
    epochs = sorted((tmp_path / "ema" / EPOCHS).glob("*.npz"))
    for file, expected in zip(epochs, seen[1:], strict=True):
        assert_equal(read_arrays(file), expected)
    restore_weights(plain, tmp_path / "ema/weights/last.npz")
    inputs, labels = zip(*(TinyBatches(6, length=2)[index] for index in range(2)), strict=True)
    right = [
        np.asarray(plain(one, training=False)).argmax(-1) == wanted
        for one, wanted in zip(inputs, labels, strict=True)
    ]
    assert rows[-1]["val_accuracy"] == pytest.approx(np.concatenate(right).mean(), abs=1e-6)


def test_a_part_is_averaged_within_the_whole_that_is_written(tmp_path):
    keras.utils.set_random_seed(1)
    part = tiny_model()
    inputs = keras.Input((None, 4), name="values")
    below = keras.layers.Dense(4, name="below")
    whole = keras.Model(inputs, part({"values": below(inputs)}))
    untouched = to_array(below.kernel)
    fit(
        [tiny_stage(part, CONFIG, epochs=1, ema=0.9, whole=whole)],
        tmp_path,
        config=CONFIG,
        seed=1,
    )
    written, now = read_arrays(tmp_path / "weights/last.npz"), arrays_of(whole)
    np.testing.assert_array_equal(written["below/kernel"], untouched)
    averages = averages_of(part)
    assert averages
    for name, weight in named_weights(whole).items():
        if id(weight) in averages:
            np.testing.assert_array_equal(written[name], to_array(averages[id(weight)]))
            assert (written[name] != now[name]).any()


def test_before_the_first_update_the_average_is_the_weights(tmp_path):
    """As many batches make one update as there are in two epochs."""
    config = TrainingConfig(learning_rate=0.05, accumulate=2 * BATCHES)
    keras.utils.set_random_seed(1)
    model = tiny_model()
    before = arrays_of(model)
    fit([tiny_stage(model, config, epochs=1, ema=0.9)], tmp_path, config=config, seed=1)
    assert_equal(read_arrays(tmp_path / "weights/best.npz"), before)
