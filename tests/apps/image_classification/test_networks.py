"""Networks of our own: counts of the papers, values of their parts, a step, and a reload."""

import math

import keras
import numpy as np
import pytest

from apps.image_classification.models.googlenet import MODULES, build_googlenet
from apps.image_classification.models.lenet import build_lenet
from apps.image_classification.models.resnet import build_resnet

# Keras' own saving meets a change in numpy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

IMAGES = np.random.default_rng(0).uniform(0, 255, (4, 32, 32, 3)).astype(np.float32)
LABELS = np.array([0, 1, 2, 0])
BUILDERS = {
    "lenet": lambda: build_lenet(classes=3),
    "lenet28": lambda: build_lenet(classes=3, size=28),
    "googlenet": lambda: build_googlenet(classes=3, size=32),
    "resnet8": lambda: build_resnet(8, classes=3),
    "plain8": lambda: build_resnet(8, classes=3, plain=True),
}


def trainable(part) -> int:
    return sum(math.prod(one.shape) for one in part.trainable_weights)


def without_memory(build, **options) -> keras.Model:
    with keras.StatelessScope(initialize_variables=False):
        return build(**options)


@pytest.mark.parametrize("size", [28, 32])
def test_lenet_has_the_counts_of_the_paper(size):
    model = build_lenet(classes=10, size=size)
    counts = {layer.name: trainable(layer) for layer in model.layers if layer.weights}
    # LeCun 1998: C1 156 of one channel, C5 48,120, F6 10,164; C3 1,516 without all connections.
    assert counts == {"c1": 156 + 300, "c3": 2416, "c5": 48_120, "f6": 10_164, "logits": 850}
    assert trainable(model) == 62_006
    shapes = [model.get_layer(name).output.shape[1:] for name in ("c1", "s2", "c3", "s4", "c5")]
    assert shapes == [(28, 28, 6), (14, 14, 6), (10, 10, 16), (5, 5, 16), (1, 1, 120)]


@pytest.mark.parametrize(("depth", "count"), [(20, 269_722), (32, 464_154), (56, 853_018)])
def test_resnet_and_plain_have_the_counts_of_the_paper(depth, count):
    # Table 6 of He 2015: 0.27 M, 0.46 M, 0.85 M.
    for plain in (False, True):
        model = without_memory(build_resnet, depth=depth, classes=10, plain=plain)
        assert trainable(model) == count
        weighted = (keras.layers.Conv2D, keras.layers.Dense)
        assert sum(isinstance(one, weighted) for one in model.layers) == depth


@pytest.mark.parametrize("size", [32, 224])
def test_googlenet_has_the_counts_of_the_paper(size):
    model = without_memory(build_googlenet, classes=1000, size=size)
    kernels = [one for one in model.layers if isinstance(one, keras.layers.Conv2D)]
    # As published each map has a bias; a scale and an offset stand in its place here.
    maps = sum(one.filters for one in kernels)
    assert len(kernels) == 2 + 1 + 9 * 6
    assert trainable(model) - maps == 6_998_552
    inside = {
        one.name: sum(
            trainable(layer) for layer in kernels if layer.name.startswith(f"inception_{one.name}_")
        )
        for one in MODULES
    }
    # The first rows of table 1 count in units of 1024.
    assert (inside["3a"] // 1024, inside["3b"] // 1024) == (159, 379)
    outputs = [model.get_layer(f"inception_{one.name}").output.shape[1:] for one in MODULES]
    assert [shape[-1] for shape in outputs] == [256, 480, 512, 512, 512, 528, 832, 832, 1024]
    first = 28 if size == 224 else 8
    assert [shape[0] for shape in outputs] == [first] * 2 + [first // 2] * 5 + [first // 4] * 2


def test_an_inception_module_puts_its_four_branches_side_by_side():
    model = build_googlenet(classes=3, size=32)
    parts = ["1x1_relu", "3x3_relu", "5x5_relu", "pool_1x1_relu"]
    wanted = [model.get_layer(f"inception_4b_{part}").output for part in parts]
    look = keras.Model(model.input, [*wanted, model.get_layer("inception_4b").output])
    *branches, whole = look.predict_on_batch(IMAGES)
    np.testing.assert_array_equal(np.concatenate(branches, axis=-1), whole)
    assert [one.shape[-1] for one in branches] == [160, 224, 64, 64]


@pytest.mark.parametrize("plain", [False, True])
def test_a_shortcut_takes_every_other_pixel_and_adds_maps_of_zeros(plain):
    model = build_resnet(14, classes=3, plain=plain)
    for layer in model.layers:
        if layer.name.startswith("group") and layer.name.endswith("_2_norm"):
            layer.gamma.assign(0 * layer.gamma)  # what the two convolutions add is nothing
    names = ("stem_relu", "group0_block1_relu2", "group1_block0_relu2", "group2_block1_relu2")
    look = keras.Model(model.input, [model.get_layer(name).output for name in names])
    stem, same, halved, last = look.predict_on_batch(IMAGES)
    assert stem.max() > 0
    if plain:
        assert not same.any() and not last.any()
        return
    np.testing.assert_allclose(same, stem)
    np.testing.assert_allclose(halved, np.pad(stem[:, ::2, ::2], ((0, 0),) * 3 + ((8, 8),)))
    np.testing.assert_allclose(last, np.pad(stem[:, ::4, ::4], ((0, 0),) * 3 + ((24, 24),)))


@pytest.mark.parametrize(
    "name",
    [pytest.param(one, marks=[pytest.mark.slow] if one == "googlenet" else []) for one in BUILDERS],
)
def test_each_takes_a_step_and_is_loaded_as_it_was_saved(name, tmp_path):
    model = BUILDERS[name]()
    images = IMAGES[:, : model.input_shape[1], : model.input_shape[1]]
    model.compile(
        optimizer=keras.optimizers.SGD(0.01),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    before = [np.array(one) for one in model.trainable_weights]
    first = model.train_on_batch(images, LABELS)
    after = [np.array(one) for one in model.trainable_weights]
    # A bias of a convolution in front of nothing learns too: every weight has a gradient.
    assert all((old != new).any() for old, new in zip(before, after, strict=True))
    assert np.isfinite(first)
    logits = model.predict_on_batch(images)
    assert logits.shape == (4, 3) and logits.dtype == np.float32
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras", safe_mode=True)
    np.testing.assert_allclose(loaded.predict_on_batch(images), logits, rtol=1e-5, atol=1e-5)


def test_pixels_are_scaled_inside():
    model = build_lenet(classes=3)
    scaled = keras.Model(model.input, model.get_layer("scaling").output)
    ends = np.stack([np.zeros((32, 32, 3)), np.full((32, 32, 3), 255.0)]).astype(np.float32)
    found = scaled.predict_on_batch(ends)
    assert found.min(axis=(1, 2, 3)).tolist() == [-1, 1]


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: build_lenet(classes=3, size=96), "28 or 32 pixels, received 96"),
        (lambda: build_googlenet(classes=3, size=31), "32 pixels or more, received 31"),
        (lambda: build_resnet(21, classes=3), "received 21; choose 20 or 26"),
        (lambda: build_resnet(2, classes=3), "received 2; choose 8 or 14"),
        (lambda: build_resnet(20, classes=3, size=4), "8 pixels or more, received 4"),
    ],
)
def test_a_size_or_depth_that_cannot_be_is_one_sentence(build, said):
    with pytest.raises(ValueError, match=said):
        build()
