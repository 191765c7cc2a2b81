"""Scaling against `preprocess_input` of Keras."""

import keras
import numpy as np
import pytest

from shared.layers.input_scaling import MODES, InputScaling
from shared.testing.check_layer import check_layer
from shared.testing.layer_case import LayerCase

IMAGES = np.random.default_rng(0).uniform(0, 255, (2, 3, 4, 3)).astype(np.float32)


@pytest.mark.parametrize("mode", MODES)
def test_it_is_a_layer(mode):
    check_layer(LayerCase(cls=InputScaling, init={"mode": mode}, inputs={"inputs": IMAGES}))


@pytest.mark.parametrize("mode", ["tf", "torch", "caffe"])
def test_values_are_those_of_keras(mode):
    wanted = keras.applications.imagenet_utils.preprocess_input(IMAGES.copy(), mode=mode)
    np.testing.assert_allclose(InputScaling(mode)(IMAGES), wanted, rtol=1e-5, atol=1e-4)


def test_none_leaves_the_pixels():
    np.testing.assert_array_equal(InputScaling("none")(IMAGES), IMAGES)


def test_another_mode_is_refused():
    with pytest.raises(ValueError, match="received 'pytorch'"):
        InputScaling("pytorch")
