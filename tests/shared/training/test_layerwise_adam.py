"""Each weight moves as under a plain Adam of its own rate."""

import keras
import numpy as np
import pytest

from shared.training.layerwise_adam import LayerwiseAdam


def trained(optimizer, **fit):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((3,))
    low = keras.layers.Dense(4, name="low")(inputs)
    model = keras.Model(inputs, keras.layers.Dense(2, name="high")(low))
    model.compile(optimizer, loss="mse", **fit)
    x, y = np.random.default_rng(1).normal(size=(2, 16, 3)).astype("float32")
    before = [np.asarray(weight) for weight in model.trainable_variables]
    model.fit(x, y[:, :2], batch_size=16, epochs=1, verbose=0)
    return [
        np.asarray(w) - b for w, b in zip(model.trainable_variables, before, strict=True)
    ], model


def paths():
    return [weight.path for weight in trained(keras.optimizers.Adam())[1].trainable_variables]


@pytest.mark.parametrize("jit", [False, True])
def test_a_factor_is_a_rate_of_its_own(jit):
    names = [name for name in paths() if name.startswith("low")]
    assert len(names) == 2
    mixed, _ = trained(
        LayerwiseAdam(dict.fromkeys(names, 0.1), learning_rate=0.01), jit_compile=jit
    )
    slow, _ = trained(keras.optimizers.Adam(0.001))
    fast, _ = trained(keras.optimizers.Adam(0.01))
    # The first step does not depend on what the other layer did.
    for place, change in enumerate(mixed):
        np.testing.assert_allclose(change, (slow if place < 2 else fast)[place], rtol=1e-4)
    assert np.abs(mixed[0]).max() < np.abs(fast[0]).max() / 5


def test_it_survives_saving_and_schedules():
    rate = keras.optimizers.schedules.CosineDecay(0.01, 10)
    optimizer = LayerwiseAdam({"low/kernel": 0.0}, learning_rate=rate)
    again = keras.optimizers.deserialize(keras.optimizers.serialize(optimizer))
    changes, _ = trained(again)
    assert not changes[0].any() and changes[1].any() and changes[2].any()
