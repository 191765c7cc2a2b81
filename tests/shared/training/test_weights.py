"""Weights come back whole, or not at all."""

import keras
import numpy as np
import pytest

from shared.errors import BundleError
from shared.files import read_arrays
from shared.training.weights import named_weights, restore_weights, save_weights, to_array


def model(units=3, last="scores"):
    return keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(units, name="hidden"),
            keras.layers.BatchNormalization(name="norm"),
            keras.layers.Dense(2, name=last),
        ]
    )


def test_all_weights_come_back(tmp_path):
    first, second = model(), model()
    first.get_layer("norm").moving_mean.assign([1.0, 2.0, 3.0])
    save_weights(first, tmp_path / "w.npz")
    assert list(read_arrays(tmp_path / "w.npz")) == list(named_weights(first))
    restore_weights(second, tmp_path / "w.npz")
    for weight, other in zip(first.weights, second.weights, strict=True):
        np.testing.assert_array_equal(to_array(weight), to_array(other))
    np.testing.assert_array_equal(second.get_layer("norm").moving_mean, [1.0, 2.0, 3.0])


def test_a_file_of_another_model_changes_nothing_and_lists_everything(tmp_path):
    save_weights(model(units=4, last="other"), tmp_path / "w.npz")
    mine = model()
    before = [to_array(weight) for weight in mine.weights]
    with pytest.raises(BundleError) as error:
        restore_weights(mine, tmp_path / "w.npz")
    said = str(error.value)
    for part in (
        "missing 'scores/kernel'",
        "missing 'scores/bias'",
        "unexpected 'other/kernel'",
        "'hidden/kernel' of shape (2, 4) instead of (2, 3)",
        "'norm/moving_mean' of shape (4,) instead of (3,)",
    ):
        assert part in said
    for weight, array in zip(mine.weights, before, strict=True):
        np.testing.assert_array_equal(to_array(weight), array)


def test_two_weights_of_one_name_are_refused(tmp_path):
    class Twins(keras.Model):
        def __init__(self):
            super().__init__()
            self.first = keras.layers.Dense(2, name="same")
            self.second = keras.layers.Dense(2, name="same")

        def call(self, inputs):
            return self.second(self.first(inputs))

    twins = Twins()
    twins(np.ones((1, 2), "float32"))
    with pytest.raises(ValueError, match="'same/kernel' twice"):
        save_weights(twins, tmp_path / "w.npz")
    assert not (tmp_path / "w.npz").exists()


def test_an_array_is_a_copy_and_bfloat16_is_widened():
    variable = keras.Variable([1.0, 2.0])
    array = to_array(variable)
    variable.assign([5.0, 6.0])
    np.testing.assert_array_equal(array, [1.0, 2.0])
    narrow = to_array(keras.Variable([1.5], dtype="bfloat16"))
    assert narrow.dtype == np.float32 and narrow[0] == 1.5
