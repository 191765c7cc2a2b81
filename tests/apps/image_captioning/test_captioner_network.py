"""Encoder and decoder in one: which place is which, and several captions of a picture at once."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops

from apps.image_captioning.config import PRESETS, ModelConfig
from apps.image_captioning.model import build_captioner
from shared.errors import ConfigError


def captioner(size=32, **changes):
    keras.utils.set_random_seed(2)
    config = PRESETS["smoke"]
    model = replace(config.model, **{"embedding": 8, "units": 8, "dropout": 0.0, **changes})
    return build_captioner(replace(config, model=model), vocabulary_size=20, size=size)


def pixels(count, size=32):
    return np.random.default_rng(0).uniform(0, 255, (count, size, size, 3)).astype(np.float32)


def test_the_grid_is_that_of_the_maps_row_by_row():
    model, images = captioner(size=64), pixels(2, 64)
    maps = ops.convert_to_numpy(model.backbone(images))
    grid = ops.convert_to_numpy(model.encoder(images))
    assert maps.shape == (2, 8, 8, 96) and grid.shape == (2, 64, 96)
    np.testing.assert_array_equal(grid[:, 3 * 8 + 5], maps[:, 3, 5])
    assert model.size == 64
    # The other side of the picture is seen by other places.
    half = images.copy()
    half[:, :, 32:] = 0
    near = ops.convert_to_numpy(model.encoder(half))[:, 3 * 8]
    np.testing.assert_allclose(near, grid[:, 3 * 8], atol=1e-5)


def test_captions_of_a_picture_are_scored_as_if_each_came_alone():
    model, images = captioner(), pixels(3)
    target_ids = np.random.default_rng(1).integers(4, 20, (3, 2, 5)).astype(np.int32)
    both = ops.convert_to_numpy(model({"images": images, "target_ids": target_ids}))
    assert both.shape == (3, 2, 5, 20)
    for place in range(2):
        alone = model({"images": images, "target_ids": target_ids[:, place]})
        np.testing.assert_allclose(both[:, place], ops.convert_to_numpy(alone), atol=1e-5)


def test_weights_have_a_path_of_their_own_and_count_once():
    model = captioner()
    paths = [one.path for one in model.weights]
    assert len(paths) == len(set(paths)) == len(model.encoder.weights) + len(model.decoder.weights)
    assert {id(one) for one in model.backbone.weights} == {id(one) for one in model.encoder.weights}


def test_published_networks_are_encoders():
    model = captioner(backbone="mobilenetv2", size=64)
    assert model.encoder.output_shape == (None, 4, 1280)
    with pytest.raises(ConfigError, match="MobileNetV2"):
        captioner(backbone="MobilNetV2")


def test_the_default_is_the_size_that_a_network_was_published_with():
    config = replace(PRESETS["base"], model=ModelConfig(units=8, embedding=8))
    assert build_captioner(config, vocabulary_size=20).encoder.output_shape == (None, 49, 1280)
