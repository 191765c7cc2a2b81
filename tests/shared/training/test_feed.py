"""Batches arrive in order, from any index on, of any size, and fairly split."""

import keras
import numpy as np
import pytest
from tiny_run import TinyBatches

from shared.training.feed import Feed
from shared.training.split import padded, piece


def arrived(feed, start, stop):
    batches = feed.between(start, stop)
    if keras.backend.backend() == "tensorflow":
        return list(batches.as_numpy_iterator())
    return [batches[i] for i in range(len(batches))]


def test_any_range_arrives_in_order_with_its_sizes():
    batches = TinyBatches(1)
    feed = Feed(batches)
    for start, stop in ((0, 5), (7, 10), (3, 3), (12, 13)):
        received = arrived(feed, start, stop)
        assert len(received) == stop - start
        for index, (inputs, targets) in zip(range(start, stop), received, strict=True):
            np.testing.assert_array_equal(inputs["values"], batches[index][0]["values"])
            np.testing.assert_array_equal(targets, batches[index][1])
            assert inputs["values"].dtype == np.float32 and targets.dtype == np.int32
        assert feed.rows == {index: 5 if index % 5 == 4 else 6 for index in range(start, stop)}


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="about tf.data")
def test_one_dataset_serves_all_epochs():
    feed = Feed(TinyBatches(1))
    assert feed.between(0, 5) is feed.between(5, 10)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="about tf.data")
def test_batches_that_depend_on_the_weights_are_made_when_they_are_asked_for():
    asked = []

    class Drawn(TinyBatches):
        ahead = 0

        def __getitem__(self, index):
            asked.append(index)
            return super().__getitem__(index)

    batches = Feed(Drawn(1)).between(0, 20)
    # The first one is looked at for its dtypes.
    for index, _ in enumerate(batches):
        assert asked == [0, *range(index + 1)]


def loss_of(model, inputs, targets, weights=None):
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    return float(loss(targets, model(inputs), weights))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("devices", [2, 3, 7])
def test_padding_leaves_the_loss_as_it_is(devices, weighted):
    random = np.random.default_rng(1)
    keras.utils.set_random_seed(1)
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    inputs = random.normal(size=(5, 4)).astype("float32")
    targets = random.integers(0, 3, 5)
    weights = random.uniform(size=5).astype("float32") if weighted else None
    batch = (inputs, targets, weights) if weighted else (inputs, targets)
    expected = loss_of(model, inputs, targets, weights)
    whole = padded(batch, devices)
    assert len(whole[0]) % devices == 0
    assert loss_of(model, *whole) == pytest.approx(expected, abs=1e-6)
    pieces = [piece(whole, number, devices) for number in range(devices)]
    losses = [loss_of(model, *rows) for rows in pieces]
    assert np.mean(losses) == pytest.approx(expected, abs=1e-6)
    np.testing.assert_array_equal(np.concatenate([rows[0] for rows in pieces]), whole[0])


def test_padding_keeps_dicts_and_weights_of_each_word():
    batch = ({"a": np.arange(3), "b": np.ones((3, 2))}, {"c": np.arange(3)}, np.ones((3, 2)))
    inputs, targets, weights = padded(batch, 2)
    assert inputs["a"].tolist() == [0, 1, 2, 0]
    assert inputs["b"].shape == (4, 2)
    assert targets["c"].tolist() == [0, 1, 2, 0]
    np.testing.assert_allclose(weights, [[4 / 3, 4 / 3]] * 3 + [[0, 0]])
