"""Every network of Keras: its scaling, its size, and weights from files, good and bad."""

import os
from pathlib import Path

import keras
import numpy as np
import pytest

from shared.backbones.build import build_backbone, build_classifier, fold_into_stem, unfreeze
from shared.backbones.families import families, find_family
from shared.backbones.weights import variable_names
from shared.errors import BundleError, ConfigError
from shared.layers.input_scaling import InputScaling

# Keras' own `save_weights` meets a change in numpy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

IMAGES = np.random.default_rng(0).uniform(0, 255, (2, 64, 64, 3)).astype(np.float32)
SMALL = ["MobileNetV2", "MobileNetV3Small", "EfficientNetB0"]


def array(tensor) -> np.ndarray:
    return keras.ops.convert_to_numpy(tensor)


@pytest.mark.parametrize("name", families())
def test_scaling_is_that_of_the_module(name):
    family = families()[name]
    wanted = family.module.preprocess_input(IMAGES.copy())
    np.testing.assert_allclose(InputScaling(family.mode)(IMAGES), wanted, rtol=1e-5, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", families())
def test_size_is_the_one_the_constructor_chooses(name):
    with keras.StatelessScope(initialize_variables=False):
        shape = families()[name].constructor(weights=None).input_shape
    # MobileNetV3 leaves its size open; its paper has 224.
    wanted = families()[name].size
    assert shape[1:] in ((wanted, wanted, 3), (None, None, 3))


def test_a_name_may_be_in_any_case_and_a_wrong_one_gets_the_nearest():
    assert find_family("mobilenetv2").name == "MobileNetV2"
    with pytest.raises(ConfigError, match="Did you mean 'MobileNetV2'"):
        find_family("MobilNetV2")


def test_an_image_too_small_is_one_sentence():
    with pytest.raises(ConfigError, match=r"trained on 299 x 299.*a size of 20"):
        build_backbone("InceptionV3", size=20)


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> tuple[keras.Model, Path]:
    """A classifier as Keras builds it, and the file it saves."""
    model = keras.applications.MobileNetV2(weights=None)
    path = tmp_path_factory.mktemp("weights") / "whole.weights.h5"
    model.save_weights(path)
    return model, path


def test_a_file_with_a_top_gives_the_same_features_and_probabilities(whole):
    model, path = whole
    images = np.random.default_rng(1).uniform(0, 255, (1, 224, 224, 3)).astype(np.float32)
    scaled = keras.applications.mobilenet_v2.preprocess_input(images.copy())
    inside = keras.Model(model.input, [model.get_layer("out_relu").output, model.output])
    maps, probabilities = inside(scaled, training=False)
    backbone = build_backbone("MobileNetV2", size=224, weights=str(path))
    np.testing.assert_allclose(array(backbone(images)), array(maps), rtol=1e-3, atol=1e-5)
    classifier = build_classifier("MobileNetV2", weights=str(path))
    np.testing.assert_allclose(array(classifier(images)), array(probabilities), rtol=1e-3)


@pytest.mark.parametrize("name", SMALL)
def test_names_are_those_keras_writes(name, tmp_path):
    model = build_backbone(name, size=64)
    path = tmp_path / "a.weights.h5"
    for variable in model.variables:
        if "float" in variable.dtype:
            variable.assign(np.random.default_rng(2).uniform(0.1, 0.2, variable.shape))
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
    model.save_weights(path)
    again = build_backbone(name, size=64, weights=str(path))
    assert len(variable_names(again)) > 50
    for one, other in zip(model.variables, again.variables, strict=True):
        if "seed" not in one.path:
            np.testing.assert_array_equal(array(one), array(other))
    np.testing.assert_allclose(array(again(IMAGES)), array(model(IMAGES)), rtol=1e-5)


def test_weights_of_another_network_are_all_listed(whole):
    with pytest.raises(BundleError) as error:
        build_backbone("MobileNetV3Small", size=64, weights=str(whole[1]))
    for word in ("missing (", "unexpected (", "of another shape (", "MobileNetV3Small"):
        assert word in str(error.value)


def test_a_backbone_file_is_no_classifier(tmp_path):
    path = tmp_path / "b.weights.h5"
    build_backbone("MobileNetV2", size=64).save_weights(path)
    with pytest.raises(BundleError) as error:
        build_classifier("MobileNetV2", weights=str(path))
    assert "without it: 2 missing (layers/dense/vars/0, layers/dense/vars/1)" in str(error.value)
    assert "saved with its top" in str(error.value)


@pytest.mark.parametrize("data", [b"", b"no hdf5", b"\x89HDF\r\n\x1a\n" + bytes(100)])
def test_a_damaged_file_is_one_sentence(data, tmp_path):
    path = tmp_path / "c.weights.h5"
    path.write_bytes(data)
    with pytest.raises(BundleError, match="cannot be read"):
        build_backbone("MobileNetV2", size=64, weights=str(path))
    with pytest.raises(BundleError, match="found none"):
        build_backbone("MobileNetV2", size=64, weights=str(tmp_path / "d"))


def test_statistics_stay_while_the_last_layers_are_trained(whole):
    backbone = build_backbone("MobileNetV2", size=64, weights=str(whole[1]))
    unfreeze(backbone, 6)
    head = keras.layers.Dense(2)(keras.layers.GlobalAveragePooling2D()(backbone.output))
    model = keras.Model(backbone.input, head)
    # Random weights leave little of a picture after 50 layers: a step is to be large all the same.
    optimizer = keras.optimizers.Adam(epsilon=1e-20)
    model.compile(optimizer, keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    before = [array(one).copy() for one in backbone.variables]
    model.fit(IMAGES, np.array([0, 1]), verbose=0)
    moved = {
        one.path
        for one, old in zip(backbone.variables, before, strict=True)
        if np.any(array(one) != old)
    }
    assert moved == {one.path for one in backbone.trainable_variables}
    assert len(moved) == 3  # Of the last six, three are convolutions.


def test_a_scaling_is_folded_into_the_stem():
    model = build_backbone("EfficientNetB0", size=64)
    scale = [2.0, 0.5, 3.0]
    stem = model.get_layer("stem_conv")
    wanted = array(stem(IMAGES * np.float32(scale)))
    fold_into_stem(model, scale)
    np.testing.assert_allclose(array(stem(IMAGES)), wanted, rtol=1e-3, atol=1e-3)


@pytest.mark.data
def test_the_weights_at_hand_see_what_keras_sees():
    path = Path(os.environ["BRICKYARD_DATA"]) / "weights" / "mobilenet_v2_1.0_224_no_top.weights.h5"
    keras_own = keras.applications.MobileNetV2(
        include_top=False, weights=None, input_shape=(64, 64, 3)
    )
    keras_own.load_weights(path)
    wanted = keras_own(IMAGES / 127.5 - 1.0, training=False)
    seen = build_backbone("MobileNetV2", size=64, weights=str(path))(IMAGES)
    np.testing.assert_allclose(array(seen), array(wanted), rtol=1e-3, atol=1e-4)
