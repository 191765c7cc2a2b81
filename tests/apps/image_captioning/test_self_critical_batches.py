"""What a drawn caption counts in training: by hand, and the same for a seed."""

import numpy as np
import pytest

from apps.image_captioning.preprocessing import END_ID, START_ID
from apps.image_captioning.self_critical.batches import SelfCriticalBatches
from apps.image_captioning.self_critical.cider import CiderD

REFERENCES = [[[4, 5, END_ID]], [[6, 7, END_ID], [6, END_ID]], [[8, 9, 4, END_ID]]]
FEATURES = np.arange(12, dtype=np.float16).reshape(3, 2, 2)
# The captions of each image: right, half right, and cut before its end.
DRAWN = np.array(
    [
        [[4, 5, END_ID, 0, 0], [4, END_ID, 0, 0, 0], [5, 5, 5, 5, 0]],
        [[6, END_ID, 0, 0, 0], [END_ID, 0, 0, 0, 0], [9, 6, 7, END_ID, 0]],
        [[8, 9, 4, END_ID, 0], [8, 9, END_ID, 0, 0], [7, END_ID, 0, 0, 0]],
    ]
)


def batches_of(*, draw=None, greedy=None, batch_size=3, seed=0, samples=3):
    def drawn(features, noise):
        assert noise.shape == (len(features), samples, 5) and noise.dtype == np.float32
        return DRAWN[(features[:, 0, 0] / 4).astype(int)]

    return SelfCriticalBatches(
        lambda: FEATURES,
        REFERENCES,
        draw=draw or drawn,
        greedy=greedy,
        samples=samples,
        steps=5,
        batch_size=batch_size,
        seed=seed,
    )


def rewards_of(drawn):
    cider = CiderD(REFERENCES)
    return np.array(
        [
            [cider.scores([ids[ids != 0]], [image])[0] for ids in some]
            for image, some in enumerate(drawn)
        ]
    )


@pytest.mark.parametrize("baseline", ["mean", "greedy"])
def test_advantages_and_targets_by_hand(baseline):
    likeliest = np.array([[4, 5, 5, END_ID, 0], [6, 7, END_ID, 0, 0], [8, 0, 0, 0, 0]])

    def greedy(features):
        return likeliest[(features[:, 0, 0] / 4).astype(int)]

    batches = batches_of(greedy=greedy if baseline == "greedy" else None)
    inputs, labels, weights = batches[0]
    order = (inputs["features"][:, 0, 0] / 4).astype(int)
    assert sorted(order) == [0, 1, 2] and inputs["features"].dtype == np.float32
    # The longest caption has 4 ids.
    assert labels.shape == (3, 3, 4) and weights.dtype == np.float32
    np.testing.assert_array_equal(labels, DRAWN[order][:, :, :4])
    rewards = rewards_of(DRAWN)
    assert rewards[0, 0] > rewards[0, 1] > rewards[0, 2] >= 0.0
    below = rewards_of(likeliest[:, None])
    for place, image in enumerate(order):
        for one in range(3):
            others = np.delete(rewards[image], one).mean()
            advantage = rewards[image, one] - (below[image, 0] if baseline == "greedy" else others)
            length = np.count_nonzero(DRAWN[image, one])
            expected = [4 * advantage] * length + [0.0] * (4 - length)
            np.testing.assert_allclose(weights[place, one], expected, rtol=1e-5, atol=1e-6)
            ids = [START_ID, *DRAWN[image, one][: length - 1], 0, 0, 0]
            assert inputs["target_ids"][place, one].tolist() == ids[:4]
    if baseline == "mean":
        assert weights[:, :, 0].sum() == pytest.approx(0.0, abs=1e-5)
    assert batches.items(0) == 9


def test_a_batch_depends_on_the_seed_its_index_and_what_is_drawn():
    noises = []

    def draw(features, noise):
        noises.append(noise)
        return np.where(noise < 0.5, 5, 6)

    batches = batches_of(draw=draw, batch_size=2)
    assert len(batches) == 2
    seen = [batches[index] for index in (0, 1, 2, 3, 0)]
    for first, again in zip(seen[0][0].values(), seen[4][0].values(), strict=True):
        np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(seen[0][2], seen[4][2])
    # Each epoch has every image once; noise never comes again in another batch or seed.
    for epoch in (seen[:2], seen[2:4]):
        images = np.concatenate([inputs["features"][:, 0, 0] / 4 for inputs, *_ in epoch])
        assert sorted(images) == [0, 1, 2]
    batches_of(draw=draw, batch_size=2, seed=1)[0]
    numbers = np.concatenate([noise.ravel() for noise in (*noises[:4], noises[5])])
    assert len(np.unique(numbers)) == len(numbers) and 0.0 <= numbers.min() < numbers.max() < 1.0


def test_one_sample_has_nothing_to_be_compared_with():
    with pytest.raises(ValueError, match="to compare with one another, got 1"):
        batches_of(samples=1)
    batches_of(samples=1, greedy=lambda features: DRAWN[:, 0])
