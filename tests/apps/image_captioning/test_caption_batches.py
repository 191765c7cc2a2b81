"""Batches of grids and captions: every pair once an epoch, the same for a seed, little padding."""

import numpy as np
import pytest

from apps.image_captioning.batches import CaptionBatches, flat_captions
from apps.image_captioning.preprocessing import END_ID, START_ID
from shared.data.batches import Batches
from shared.images.feature_file import FeatureFile
from shared.images.features import Features

PLACES, CHANNELS = 4, 3


def grid(image):
    """Whose numbers tell the image, the place and the channel."""
    places = 10 * np.arange(PLACES)[:, None] + np.arange(CHANNELS)
    return (100 * image + places).astype(np.float16)


@pytest.fixture
def features(tmp_path):
    """Of 12 images, in the file in another order than theirs, two of them the same."""
    file = FeatureFile(tmp_path / "rows.bin", shape=(PLACES, CHANNELS), dtype="float16")
    order = np.random.default_rng(1).permutation(11)
    file.append([bytes([image]) * 32 for image in order], np.stack([grid(one) for one in order]))
    rows = np.empty(12, np.int64)
    rows[order] = np.arange(11)
    rows[11] = rows[2]
    return Features(rows, file.features(), 0)


def drawn(count=60, *, low=1, high=12, seed=0):
    random = np.random.default_rng(seed)
    captions = [
        np.append(random.integers(4, 99, length), END_ID).astype(np.int32)
        for length in random.integers(low, high, count)
    ]
    return np.arange(count) % 12, captions


def batches(features, pairs=None, **changes):
    return CaptionBatches(features, *(pairs or drawn()), **{"batch_size": 7, "seed": 3, **changes})


def same(one, other):
    return all(
        np.array_equal(a, b)
        for a, b in zip([*one[0].values(), *one[1:]], [*other[0].values(), *other[1:]], strict=True)
    )


def test_a_batch_by_hand(features):
    captions = [np.array([7, 8, END_ID], np.int32), np.array([9, END_ID], np.int32)]
    some = batches(features, ([5, 11], captions), shuffle=False)
    inputs, labels, weights = some[0]
    # The shorter one first: it lies in the bucket below.
    assert inputs["target_ids"].tolist() == [[START_ID, 9, 0], [START_ID, 7, 8]]
    assert labels.tolist() == [[9, END_ID, 0], [7, 8, END_ID]]
    assert weights.tolist() == [[1, 1, 0], [1, 1, 1]]
    assert np.array_equal(inputs["features"], [grid(2), grid(5)])
    assert some.items(0) == 5 and some.rows(0).tolist() == [1, 0]
    dtypes = [inputs["features"].dtype, inputs["target_ids"].dtype, labels.dtype, weights.dtype]
    assert dtypes == [np.float32, np.int32, np.int32, np.float32]


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("epoch", [0, 2])
def test_an_epoch_holds_every_caption_once_beside_its_image(features, shuffle, epoch):
    images, captions = drawn()
    shown = [2 if image == 11 else image for image in images]
    some: Batches = batches(features, shuffle=shuffle)
    assert len(some) == 9
    seen = []
    for index in range(epoch * 9, epoch * 9 + 9):
        inputs, labels, weights = some[index]
        rows = some.rows(index)
        seen += rows.tolist()
        assert some.items(index) == weights.sum() == sum(len(captions[row]) for row in rows)
        assert labels.shape == inputs["target_ids"].shape == weights.shape
        assert labels.shape[1] == max(len(captions[row]) for row in rows)
        for place, row in enumerate(rows):
            length = len(captions[row])
            assert np.array_equal(inputs["features"][place], grid(shown[row]))
            assert labels[place].tolist() == [*captions[row], *[0] * (labels.shape[1] - length)]
            target = [START_ID, *captions[row][:-1]]
            assert inputs["target_ids"][place, :length].tolist() == target
            assert not inputs["target_ids"][place, length:].any()
            assert weights[place].tolist() == [1.0] * length + [0.0] * (labels.shape[1] - length)
    assert sorted(seen) == list(range(60))


def test_little_is_padding(features):
    pairs = drawn(3000, high=25)
    some = batches(features, pairs, batch_size=32)
    places = sum(some[index][1].size for index in range(len(some)))
    # 24 lengths share 94 batches; without order by length it is 0.56.
    assert sum(map(len, pairs[1])) / places > 0.96


def test_a_batch_depends_on_seed_and_index_alone(features):
    some, again = batches(features), batches(features)
    order = np.random.default_rng(0).permutation(27)
    assert all(same(some[index], again[index]) for index in order)
    assert not all(same(some[index], batches(features, seed=4)[index]) for index in range(9))
    assert not all(same(some[index], some[9 + index]) for index in range(9))
    fixed = batches(features, shuffle=False)
    assert all(same(fixed[index], fixed[9 + index]) for index in range(9))


def test_wrong_numbers_of_images_are_refused(features):
    images, captions = drawn()
    with pytest.raises(ValueError, match="59 for 60"):
        batches(features, (images[:-1], captions))
    with pytest.raises(ValueError, match="0 to below 12, got 1 to 12"):
        batches(features, (images + 1, captions))


def test_captions_of_all_images_in_a_row():
    images, captions = flat_captions([("a", "b"), (), ("c",)])
    assert images.tolist() == [0, 0, 2] and captions == ["a", "b", "c"]
