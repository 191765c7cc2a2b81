"""Squares against Pillow's own resizing, at every aspect ratio."""

import numpy as np
import pytest
import tensorflow as tf
from encoded import PICTURE, PIXELS, encoded
from PIL import Image

from shared.images.resize import crop_image, decode_batch, decode_crops, fit_image


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def resized(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    """Pillow's antialiased bilinear resize of float channels, which rounds nothing."""
    channels = [Image.fromarray(pixels[..., c].astype(np.float32)) for c in range(3)]
    size = (width, height)
    return np.stack(
        [np.asarray(c.resize(size, Image.Resampling.BILINEAR)) for c in channels], axis=-1
    )


@pytest.mark.parametrize(
    ("height", "width"), [(128, 128), (64, 64), (32, 64), (96, 64), (320, 64), (16, 16)]
)
def test_short_side_is_resized_and_the_middle_cut_out(height, width):
    pixels = noise(height, width)
    by = 64 / min(height, width)
    whole = resized(pixels, round(height * by), round(width * by))
    top, left = (whole.shape[0] - 56) // 2, (whole.shape[1] - 56) // 2
    expected = whole[top : top + 56, left : left + 56]
    np.testing.assert_allclose(fit_image(pixels, 56), expected, atol=0.01)


def test_the_whole_of_a_square_of_the_right_size_is_left_as_it_is():
    pixels = noise(32, 32)
    np.testing.assert_allclose(fit_image(pixels, 32, 1.0), pixels, atol=1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (1, 100_000), (100_000, 1), (3, 2)])
def test_an_image_of_one_colour_stays_so_however_narrow(shape):
    pixels = np.full((*shape, 3), [10, 200, 255], np.uint8)
    expected = np.broadcast_to(np.float32([10, 200, 255]), (24, 24, 3))
    np.testing.assert_allclose(fit_image(pixels, 24), expected, atol=1e-3)


def test_a_batch_mixes_sizes_and_formats():
    tall = Image.fromarray(noise(90, 30))
    files = [encoded(PICTURE), encoded(tall, "BMP"), encoded(PICTURE.quantize(20), "GIF")]
    batch = tf.function(lambda data: decode_batch(data, 24))(tf.constant(files)).numpy()
    assert batch.shape == (3, 24, 24, 3)
    np.testing.assert_allclose(batch[0], fit_image(PIXELS, 24), atol=1e-3)
    np.testing.assert_allclose(batch[1], fit_image(noise(90, 30), 24), atol=1e-3)


def test_an_empty_batch_is_an_empty_batch():
    assert decode_batch(tf.constant([], tf.string), 24).shape == (0, 24, 24, 3)


@pytest.mark.parametrize("place", [0.0, 0.5, 1.0])
def test_a_crop_has_the_area_and_place_asked_for(place):
    pixels = noise(64, 64)
    seen = crop_image(pixels, tf.constant([0.25, 0.5, place, 1.0 - place]), 32)
    top, left = round(32 * place), round(32 * (1.0 - place))
    np.testing.assert_allclose(seen, pixels[top : top + 32, left : left + 32], atol=1e-3)


def test_a_crop_is_as_wide_as_drawn():
    rows = np.repeat(np.arange(120, dtype=np.uint8)[:, None], 120, 1)
    columns = rows.T
    pixels = np.stack([rows, columns, rows], -1)
    seen = crop_image(pixels, tf.constant([0.25, 1.0, 0.5, 0.5]), 60).numpy()
    height, width = np.ptp(seen[..., 0]), np.ptp(seen[..., 1])
    assert width / height == pytest.approx(4 / 3, rel=0.02)
    assert width * height == pytest.approx(120 * 120 * 0.25, rel=0.05)


def test_crops_of_a_batch_are_those_of_its_images():
    draws = np.random.default_rng(1).uniform(0.1, 1.0, (2, 4)).astype(np.float32)
    files = tf.constant([encoded(PICTURE)] * 2)
    batch = decode_crops(files, tf.constant(draws), 16).numpy()
    np.testing.assert_allclose(batch[1], crop_image(PIXELS, tf.constant(draws[1]), 16), atol=1e-3)
    assert np.abs(batch[0] - batch[1]).max() > 1
