"""CIDEr-D on ids: coco-caption's values, and one by hand."""

from collections import Counter

import numpy as np
import pytest
from pycocoevalcap.cider.cider import Cider

from apps.image_captioning.self_critical.cider import CiderD
from apps.image_captioning.self_critical.grams import LARGEST_ID, count_grams


def some_captions(random, count, size):
    """Of 0 to 13 words, the first ones frequent."""
    return [np.minimum(random.zipf(1.3, random.integers(0, 14)), size) for _ in range(count)]


def in_words(captions):
    return [" ".join(map(str, ids)) for ids in captions]


@pytest.mark.parametrize("size", [4, 30, 3000])
@pytest.mark.parametrize("count", [1, 2, 150])
def test_the_values_are_those_of_coco_caption(count, size):
    random = np.random.default_rng((count, size))
    references = [some_captions(random, random.integers(1, 6), size) for _ in range(count)]
    # Some captions are a reference, and the others have words that no reference has.
    captions = [
        other if random.random() < 0.6 else some[0]
        for some, other in zip(references, some_captions(random, count, size + 5), strict=True)
    ]
    mean, scores = Cider().compute_score(
        {image: in_words(some) for image, some in enumerate(references)},
        {image: in_words([caption]) for image, caption in enumerate(captions)},
    )
    cider = CiderD(references)
    np.testing.assert_allclose(cider.scores(captions), scores, rtol=1e-12, atol=1e-12)
    assert cider.scores(captions).mean() == pytest.approx(mean)
    assert count < 100 or mean > 1.0


def test_one_score_by_hand():
    # Of 3 images; 5 is in the references of two, 6 and the gram 5 6 of one, 9 of none.
    cider = CiderD([[[5, 6]], [[5, 7], [7, 7]], [[8]]])
    of_5, of_6 = np.log(3 / 2), np.log(3)
    # 5 6 6 against 5 6: 6 is counted twice, and clipped to once; 2-grams are 5 6 and 6 6.
    ones = (of_5**2 + of_6**2) / np.hypot(of_5, 2 * of_6) / np.hypot(of_5, of_6)
    twos = of_6**2 / np.hypot(of_6, of_6) / of_6
    expected = 10 * (ones + twos) / 4 * np.exp(-1 / 72)
    assert cider.scores([[5, 6, 6]], [0])[0] == pytest.approx(expected, rel=1e-12)
    # Two references are a mean; a word that no reference has lengthens the vector.
    own = of_5 * of_5 / np.hypot(of_5, np.log(3)) / np.hypot(of_5, np.log(3))
    assert cider.scores([[5, 9]], [1])[0] == pytest.approx(10 * own / 4 / 2, rel=1e-12)


def test_captions_of_any_images_are_scored_together():
    random = np.random.default_rng(3)
    references = [some_captions(random, 1 + image % 4, 20) for image in range(30)]
    cider, images = CiderD(references), random.integers(0, 30, 90)
    captions = some_captions(random, 90, 25)
    together = cider.scores(captions, images)
    apart = [
        cider.scores([caption], [image])[0] for caption, image in zip(captions, images, strict=True)
    ]
    np.testing.assert_array_equal(together, apart)
    assert len(set(together)) > 40 and len(cider.scores([], [])) == 0


def test_grams_are_counted_up_to_the_largest_id():
    random = np.random.default_rng(4)
    captions = [random.choice([0, 1, LARGEST_ID], random.integers(0, 9)) for _ in range(40)]
    grams = count_grams(captions)
    for row, ids in enumerate(captions):
        expected = Counter(
            tuple(ids[start : start + size])
            for size in range(1, 5)
            for start in range(len(ids) - size + 1)
        )
        mine = grams.rows == row
        assert sorted(grams.counts[mine]) == sorted(expected.values())
        found = Counter(dict(enumerate(np.bincount(grams.orders[mine], minlength=4))))
        assert +found == Counter(len(gram) - 1 for gram in expected)
        assert len(set(grams.keys[mine].tolist())) == len(expected)


def test_what_cannot_be_scored_is_refused():
    with pytest.raises(ValueError, match="a reference for each image, got none for 1"):
        CiderD([[[4]], [], [[5]]])
    with pytest.raises(ValueError, match=r"from 0 to 65,534, got 3 to 65,535"):
        CiderD([[[3, LARGEST_ID + 1]]])
    cider = CiderD([[[4]], [[5]]])
    with pytest.raises(ValueError, match="an image for each caption, got 2 for 1"):
        cider.scores([[4]])
    with pytest.raises(ValueError, match="from 0 to below 2, got 2 to 2"):
        cider.scores([[4]], [2])
