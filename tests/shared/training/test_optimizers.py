"""Schedules and clipping, by value."""

import math

import keras
import numpy as np
import pytest

from shared.config import TrainingConfig
from shared.errors import ConfigError
from shared.training import build_optimizer
from shared.training.schedules import WarmUpSchedule

PEAK, WARM_UP, TOTAL = 0.2, 4, 20

# The rate of step t, counted from 1, after the warm-up.
FORMULAS = {
    "constant": lambda t: PEAK,
    "linear": lambda t: PEAK * (TOTAL - t) / (TOTAL - WARM_UP),
    "cosine": lambda t: PEAK * (1 + math.cos(math.pi * (t - WARM_UP) / (TOTAL - WARM_UP))) / 2,
    "inverse_sqrt": lambda t: PEAK * math.sqrt(WARM_UP / t),
}


@pytest.mark.parametrize("shape", FORMULAS)
def test_schedule_follows_its_formula(shape):
    schedule = WarmUpSchedule(PEAK, shape, warm_up_steps=WARM_UP, total_steps=TOTAL)
    expected = [PEAK * t / WARM_UP if t < WARM_UP else FORMULAS[shape](t) for t in range(1, 21)]
    np.testing.assert_allclose([schedule(t) for t in range(20)], expected, atol=1e-7)
    assert max(expected) == pytest.approx(PEAK)


@pytest.mark.parametrize("shape", FORMULAS)
def test_schedule_stays_sane_at_its_ends(shape):
    for warm_up in (0, TOTAL, 3 * TOTAL):
        schedule = WarmUpSchedule(PEAK, shape, warm_up_steps=warm_up, total_steps=TOTAL)
        rates = np.array([schedule(t) for t in (0, TOTAL - 1, TOTAL, 10 * TOTAL)])
        assert ((rates >= 0) & (rates <= PEAK + 1e-6)).all()
    copy = WarmUpSchedule.from_config(schedule.get_config())
    assert float(copy(3)) == float(schedule(3)) == pytest.approx(PEAK * 4 / 60)


def test_optimizer_uses_the_schedule():
    config = TrainingConfig(
        optimizer="sgd", learning_rate=PEAK, schedule="linear", warm_up_steps=WARM_UP
    )
    optimizer = build_optimizer(config, total_steps=TOTAL)
    variable = keras.Variable([0.0])
    optimizer.build([variable])
    moves = []
    for _ in range(TOTAL):
        before = float(variable[0])
        optimizer.apply([keras.ops.ones(1)])
        moves.append(before - float(variable[0]))
    expected = [PEAK * t / WARM_UP if t < WARM_UP else FORMULAS["linear"](t) for t in range(1, 21)]
    np.testing.assert_allclose(moves, expected, atol=1e-6)


def test_clipping_is_of_the_global_norm():
    optimizer = build_optimizer(
        TrainingConfig(optimizer="sgd", learning_rate=1.0, clip_norm=1.0), total_steps=1
    )
    variables = [keras.Variable([0.0, 0.0]), keras.Variable([0.0])]
    optimizer.build(variables)
    gradients = [keras.ops.array([3.0, 0.0]), keras.ops.array([4.0])]
    optimizer.apply(gradients)
    np.testing.assert_allclose(np.asarray(variables[0]), [-0.6, 0.0], atol=1e-6)
    np.testing.assert_allclose(np.asarray(variables[1]), [-0.8], atol=1e-6)


def test_default_is_adam_with_a_constant_rate():
    optimizer = build_optimizer(TrainingConfig(learning_rate=0.5), total_steps=1)
    assert isinstance(optimizer, keras.optimizers.Adam)
    assert float(optimizer.learning_rate) == 0.5
    assert optimizer.global_clipnorm is None


def test_unknown_names_are_refused():
    with pytest.raises(ConfigError, match="Did you mean 'adam'"):
        build_optimizer(TrainingConfig(optimizer="adma"), total_steps=1)
    with pytest.raises(ConfigError, match="Did you mean 'cosine'"):
        build_optimizer(TrainingConfig(schedule="cosin"), total_steps=1)


@pytest.mark.parametrize("shape", FORMULAS)
def test_accumulated_gradients_make_the_update_of_one_large_batch(shape):
    """The same rates, moments and clipping as with the mean gradient of three batches."""
    shared = {"learning_rate": PEAK, "schedule": shape, "warm_up_steps": 2, "clip_norm": 0.5}
    gradients = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")

    def trained(given, **changes):
        config = TrainingConfig(**shared, **changes)
        optimizer = build_optimizer(config, total_steps=len(given))
        variable = keras.Variable(np.ones(4, "float32"))
        optimizer.build([variable])
        values = []
        for gradient in given:
            optimizer.apply([keras.ops.convert_to_tensor(gradient)])
            values.append(np.array(variable.numpy()))
        return np.array(values)

    large = trained(gradients.reshape(4, 3, 4).mean(1))
    small = trained(gradients, accumulate=3)
    np.testing.assert_allclose(small[2::3], large, atol=1e-6)
    np.testing.assert_array_equal(small[3:5], small[[2, 2]])
    with pytest.raises(ConfigError, match="received 0"):
        build_optimizer(TrainingConfig(accumulate=0), total_steps=1)
