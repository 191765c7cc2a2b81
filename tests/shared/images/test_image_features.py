"""Features on disk: equal to the network's own, computed once, found again by content."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest
from photos import Photo, noisy, photos

from shared.errors import DataError, UserError
from shared.images.feature_file import FeatureFile
from shared.images.features import cached_features
from shared.images.reading import decode_images, read_images

SIZE = 16
ROW_BYTES = 32 + 5 * 4 + 4


def network(*, seed: int = 0, size: int = SIZE, activation: str = "relu") -> keras.Model:
    images = keras.Input((size, size, 3), name="images")
    maps = keras.layers.Conv2D(5, 8, 8, activation=activation)(images)
    maps = keras.layers.BatchNormalization()(maps)
    model = keras.Model(images, maps, name="tiny")
    kernel = model.layers[1].kernel
    kernel.assign(np.random.default_rng(seed).normal(0.0, 0.1, kernel.shape))
    return model


def expected(model: keras.Model, images: list[Photo]) -> np.ndarray:
    pixels = decode_images(images, read_images(images), size=SIZE)
    return model.predict_on_batch(pixels)


def rows_file(folder: Path) -> Path:
    return next(folder.glob("*/rows.bin"))


def test_vectors_are_the_means_of_the_maps_in_the_order_of_the_images(tmp_path):
    images, model = photos(tmp_path / "photos", 21), network()
    features = cached_features(images, model, tmp_path / "cache", batch_size=4)
    assert (features.computed, len(features), features.shape) == (21, 21, (21, 5))
    wanted = expected(model, images).mean((1, 2))
    assert len(np.unique(wanted.round(3), axis=0)) > 15
    np.testing.assert_allclose(features[:], wanted, rtol=1e-5)
    np.testing.assert_allclose(features[np.array([20, 3, 3])], wanted[[20, 3, 3]], rtol=1e-5)
    assert features[3].shape == (5,) and features[:].dtype == np.float32
    assert isinstance(features.stored, np.memmap)


def test_grids_are_the_maps_row_by_row_in_halves(tmp_path):
    images, model = [noisy(tmp_path / f"{i}.png", i) for i in range(3)], network()
    features = cached_features(images, model, tmp_path / "cache", pooled=False)
    assert features.shape == (3, 4, 5) and features.stored.dtype == np.float16
    np.testing.assert_allclose(features[:].reshape(3, 2, 2, 5), expected(model, images), rtol=1e-3)


def test_what_a_half_cannot_hold_is_cut_off(tmp_path):
    file = FeatureFile(tmp_path / "rows.bin", shape=(2,), dtype="float16")
    file.append([bytes(32)], np.float32([[1e6, -1e6]]))
    np.testing.assert_array_equal(file.features(), [[65504.0, -65504.0]])


def test_only_new_and_changed_images_are_computed(tmp_path):
    images, model = photos(tmp_path / "photos", 9), network()
    first = cached_features(images, model, tmp_path / "cache")
    again = cached_features(images[::-1], model, tmp_path / "cache")
    assert again.computed == 0
    np.testing.assert_array_equal(again[:], first[::-1])
    assert cached_features(images[2:5], model, tmp_path / "cache").computed == 0
    images[4] = noisy(tmp_path / "photos" / "004.png", 7)
    images.append(noisy(tmp_path / "photos" / "new.png", 8))
    changed = cached_features(images, model, tmp_path / "cache")
    assert changed.computed == 2
    np.testing.assert_allclose(changed[:], expected(model, images).mean((1, 2)), rtol=1e-5)


def test_nothing_is_read_when_all_is_there(tmp_path):
    images, model = photos(tmp_path / "photos", 3), network()
    cached_features(images, model, tmp_path / "cache")

    def gone() -> bytes:
        raise AssertionError("read")

    unread = [replace(image, read=gone) for image in images]
    assert cached_features(unread, model, tmp_path / "cache").computed == 0


def test_equal_images_are_computed_once(tmp_path):
    images, model = photos(tmp_path / "photos", 3), network()
    features = cached_features([*images, *images], model, tmp_path / "cache")
    assert features.computed == len(features.stored) == 3
    np.testing.assert_array_equal(features[:3], features[3:])


@pytest.mark.parametrize(
    "other",
    [
        lambda: network(seed=1),
        lambda: network(activation="tanh"),
        lambda: network(size=24),
    ],
)
def test_another_network_gets_features_of_its_own(tmp_path, other):
    images, model = photos(tmp_path / "photos", 3), network()
    first = cached_features(images, model, tmp_path / "cache")
    assert cached_features(images, other(), tmp_path / "cache").computed == 3
    kept = cached_features(images, model, tmp_path / "cache")
    assert kept.computed == 0
    np.testing.assert_array_equal(kept[:], first[:])


def test_another_crop_gets_features_of_its_own(tmp_path):
    images, model = [noisy(tmp_path / f"{i}.png", i) for i in range(3)], network()
    first = cached_features(images, model, tmp_path / "cache")
    framed = cached_features(images, model, tmp_path / "cache", crop=1.0)
    assert framed.computed == 3 and np.abs(framed[:] - first[:]).max() > 1e-3
    pixels = decode_images(images, read_images(images), size=SIZE, crop=1.0)
    np.testing.assert_allclose(framed[:], model.predict_on_batch(pixels).mean((1, 2)), rtol=1e-5)
    assert cached_features(images, model, tmp_path / "cache", crop=0.875).computed == 0


def test_an_equal_network_is_known_again_whatever_its_layers_are_called(tmp_path):
    images, model, equal = photos(tmp_path / "photos", 3), network(), network()
    assert model.layers[1].name != equal.layers[1].name
    cached_features(images, model, tmp_path / "cache")
    equal.trainable = False
    assert cached_features(images, equal, tmp_path / "cache").computed == 0


def test_the_folder_says_what_it_holds(tmp_path):
    cached_features(photos(tmp_path / "photos", 1), network(), tmp_path / "cache")
    about = json.loads(next(tmp_path.glob("cache/*/about.json")).read_text())
    assert (about["network"], about["image_size"], about["shape"]) == ("tiny", SIZE, [5])


@pytest.mark.parametrize("cut", [1, 4, ROW_BYTES - 1])
def test_a_row_cut_off_is_computed_again(tmp_path, cut):
    images, model = photos(tmp_path / "photos", 6), network()
    first = cached_features(images, model, tmp_path / "cache")[:]
    path = rows_file(tmp_path / "cache")
    os.truncate(path, path.stat().st_size - cut)
    again = cached_features(images, model, tmp_path / "cache")
    assert again.computed == 1
    np.testing.assert_allclose(again[:], first, rtol=1e-6)
    assert path.stat().st_size == 6 * ROW_BYTES


@pytest.mark.parametrize("place", [0, 31, 40, ROW_BYTES - 1])
def test_a_row_with_a_flipped_bit_is_computed_again(tmp_path, place):
    images, model = photos(tmp_path / "photos", 6), network()
    first = cached_features(images, model, tmp_path / "cache")[:]
    path = rows_file(tmp_path / "cache")
    data = bytearray(path.read_bytes())
    data[2 * ROW_BYTES + place] ^= 4
    path.write_bytes(data)
    again = cached_features(images, model, tmp_path / "cache")
    assert again.computed == 1
    np.testing.assert_allclose(again[:], first, rtol=1e-6)


def test_an_image_that_is_no_longer_the_one_scanned_is_refused(tmp_path):
    images = photos(tmp_path / "photos", 3)
    noisy(tmp_path / "photos" / "001.png", 0)
    with pytest.raises(DataError, match=r"001\.png"):
        cached_features(images, network(), tmp_path / "cache")


def test_an_image_that_is_gone_is_named_and_the_batches_before_it_are_kept(tmp_path):
    images, model = photos(tmp_path / "photos", 12), network()
    path = tmp_path / "photos" / "011.png"
    data = path.read_bytes()
    path.unlink()
    with pytest.raises(DataError, match=r"011\.png.*No such file"):
        cached_features(images, model, tmp_path / "cache", batch_size=2)
    path.write_bytes(data)
    assert cached_features(images, model, tmp_path / "cache", batch_size=2).computed <= 6


def test_no_images_have_no_features(tmp_path):
    features = cached_features([], network(), tmp_path / "cache")
    assert features[:].shape == (0, 5) and features.computed == 0


def test_another_process_that_computes_is_not_disturbed(tmp_path):
    images, model = photos(tmp_path / "photos", 3), network()
    cached_features(images[:2], model, tmp_path / "cache")
    file = FeatureFile(rows_file(tmp_path / "cache"), shape=(5,), dtype="float32")
    with file.held(writing=True), pytest.raises(UserError, match="another process"):
        cached_features(images, model, tmp_path / "cache")
    with file.held(writing=False):
        assert cached_features(images[:2], model, tmp_path / "cache").computed == 0


KILLED = """
import sys, time
from pathlib import Path
sys.path[:0] = [{folder!r}]
from dataclasses import replace
from photos import photos
from test_image_features import network
from shared.images.features import cached_features
place = Path({place!r})

def slow(read):
    def wait():
        time.sleep(0.05)
        return read()
    return wait

images = [replace(one, read=slow(one.read)) for one in photos(place / "photos", 200)]
cached_features(images, network(), place / "cache", batch_size=2)
"""


def test_a_killed_process_loses_no_batch_that_was_computed(tmp_path):
    script = KILLED.format(folder=str(Path(__file__).parent), place=str(tmp_path))
    process = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[3])
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until and process.poll() is None:
            if any(p.stat().st_size > 20 * ROW_BYTES for p in tmp_path.glob("cache/*/rows.bin")):
                break
            time.sleep(0.02)
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    kept = rows_file(tmp_path / "cache").stat().st_size // ROW_BYTES
    images, model = photos(tmp_path / "photos", 200), network()
    features = cached_features(images, model, tmp_path / "cache")
    assert features.computed == 200 - kept < 180
    np.testing.assert_allclose(features[:], expected(model, images).mean((1, 2)), rtol=1e-5)


ON_JAX = """
import sys
from pathlib import Path
sys.path[:0] = [{folder!r}]
import keras
from photos import photos
from test_image_features import network
from shared.images.features import cached_features
place = Path({place!r})
if keras.backend.backend() != "jax":
    raise SystemExit("no jax")
features = cached_features(photos(place / "photos", 9), network(), place / "jax", batch_size=2)
print(features[:].tolist())
"""


@pytest.mark.slow
def test_jax_computes_the_same(tmp_path):
    script = ON_JAX.format(folder=str(Path(__file__).parent), place=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=Path(__file__).parents[3],
        env={**os.environ, "KERAS_BACKEND": "jax"},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    wanted = expected(network(), photos(tmp_path / "photos", 9)).mean((1, 2))
    np.testing.assert_allclose(json.loads(done.stdout), wanted, rtol=1e-4)
