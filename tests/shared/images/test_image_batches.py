"""Batches of images: each once an epoch, and the same for the same number, also where random."""

import functools
import tracemalloc
from dataclasses import replace

import keras
import numpy as np
import pytest
from photos import noisy, photos

from shared.config import TrainingConfig
from shared.errors import DataError
from shared.images.augment.cutmix import CutMix
from shared.images.augment.flip import flip
from shared.images.augment.mixup import MixUp
from shared.images.augment.one_of import OneOf
from shared.images.augment.rand_augment import RandAugment
from shared.images.batches import ImageBatches
from shared.images.resize import fit_image
from shared.training import Stage, fit


def colours(images: np.ndarray) -> np.ndarray:
    return images[:, 8, 8].round().astype(int)


def equal(first: tuple, second: tuple) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))


def test_images_and_labels_go_together_each_once_an_epoch(tmp_path):
    examples = photos(tmp_path, 23)
    batches = ImageBatches(examples, range(23), size=16, batch_size=4, seed=3)
    assert len(batches) == 6 and [batches.items(i) for i in range(6)] == [4] * 5 + [3]
    orders = []
    for epoch in range(2):
        seen = [batches[epoch * 6 + place] for place in range(6)]
        order = np.concatenate([labels for _, labels in seen])
        assert sorted(order) == list(range(23)) and order.dtype == np.int32
        pixels = np.concatenate([images for images, _ in seen])
        assert pixels.shape == (23, 16, 16, 3) and pixels.dtype == np.float32
        wanted = [(row * 7 % 256, row * 31 % 256, 255 - row * 3 % 256) for row in order]
        np.testing.assert_array_equal(colours(pixels), wanted)
        orders.append(order.tolist())
    assert orders[0] != orders[1] != sorted(orders[1])


def test_without_shuffling_order_is_kept_and_the_middle_is_shown(tmp_path):
    examples = [noisy(tmp_path / f"{i}.png", i) for i in range(3)]
    batches = ImageBatches(examples, [5, 6, 7], size=16, batch_size=2, shuffle=False)
    for index in (0, 2):
        images, labels = batches[index]
        assert labels.tolist() == [5, 6]
        pixels = np.random.default_rng(1).integers(0, 256, (20, 20, 3), dtype=np.uint8)
        np.testing.assert_allclose(images[1], fit_image(pixels, 16), atol=1e-3)


@pytest.mark.parametrize("crop", [1.0, 0.5])
def test_so_much_of_the_short_side_is_kept(tmp_path, crop):
    example = noisy(tmp_path / "0.png", 0)
    batches = ImageBatches([example], [0], size=16, batch_size=1, crop=crop)
    pixels = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    np.testing.assert_allclose(batches[0][0][0], fit_image(pixels, 16, crop), atol=1e-3)
    assert np.abs(batches[0][0][0] - fit_image(pixels, 16)).max() > 10


ALL = {
    "crop_area": 0.25,
    "augment": (flip, RandAugment(2, 7.0), OneOf([MixUp(0.4), CutMix()])),
}


def varied(examples: list, *, seed: int = 0, **options: object) -> ImageBatches:
    labels = np.eye(len(examples), dtype=np.float32)
    return ImageBatches(examples, labels, size=16, batch_size=4, seed=seed, **{**ALL, **options})


def test_a_batch_depends_on_seed_and_index_alone(tmp_path):
    examples = [noisy(tmp_path / f"{i}.png", i) for i in range(10)]
    first, again = varied(examples), varied(examples)
    forward = [first[index] for index in range(7)]
    backward = [again[index] for index in reversed(range(7))][::-1]
    assert all(map(equal, forward, backward))
    assert not equal(forward[0], varied(examples, seed=1)[0])
    # The same order, in other pictures: what is random differs by batch.
    still = varied(examples, shuffle=False)
    assert not np.array_equal(still[0][0], still[3][0])


def test_one_variation_does_not_change_another(tmp_path):
    examples = [noisy(tmp_path / f"{i}.png", i) for i in range(4)]
    cropped = varied(examples, augment=())[0][0]

    def draws_much(images, labels, random):
        random.random(100)
        return images, labels

    flipped = varied(examples, augment=(draws_much, flip))[0][0]
    for one, other in zip(cropped, flipped, strict=True):
        assert np.array_equal(one, other) or np.array_equal(one[:, ::-1], other)


def test_labels_of_shares_stay_shares(tmp_path):
    _, labels = varied(photos(tmp_path, 4))[0]
    assert labels.shape == (4, 4) and labels.dtype == np.float32
    np.testing.assert_allclose(labels.sum(1), 1.0, rtol=1e-6)


@pytest.mark.parametrize("draws", [{}, {"crop_area": 0.5}])
def test_an_unreadable_image_is_named(tmp_path, draws):
    examples = photos(tmp_path, 3)
    cut = examples[1].read()[:50]
    examples[1] = replace(examples[1], read=lambda: cut)
    batches = ImageBatches(examples, range(3), size=16, batch_size=3, **draws)
    with pytest.raises(DataError, match=r"001\.png.*damaged"):
        batches[0]


def test_memory_is_that_of_a_batch(tmp_path):
    (example,) = [noisy(tmp_path / "0.png", 0, size=200)]
    peaks = []
    for count in (20, 200):
        batches = ImageBatches([example] * count, [0] * count, size=200, batch_size=4)
        batches[0]
        tracemalloc.start()
        for index in range(len(batches)):
            batches[index]
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0] + 100_000


def test_a_network_learns_from_them_by_the_usual_training(tmp_path):
    examples = photos(tmp_path / "photos", 8)
    images = keras.Input((16, 16, 3), name="images")
    start = keras.initializers.Constant(1e-3)
    scores = keras.layers.Dense(2, kernel_initializer=start)(
        keras.layers.GlobalAveragePooling2D()(images)
    )
    model = keras.Model(images, scores)
    labels = [int(number >= 4) for number in range(8)]
    make = functools.partial(ImageBatches, examples, labels, size=16, batch_size=3)
    stage = Stage(
        name="start",
        model=model,
        train=make(seed=0, augment=(flip,)),
        validation=make(shuffle=False),
        epochs=2,
        optimizer=lambda: keras.optimizers.Adam(1e-3),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    history = fit([stage], tmp_path / "run", config=TrainingConfig(), seed=0)
    assert history.rows[1]["val_loss"] < history.rows[0]["val_loss"]
