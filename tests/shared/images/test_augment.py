"""Variation of images against Pillow's own operations and the formulas of the papers."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance, ImageOps

from shared.errors import ConfigError
from shared.images.augment.colours import COLOURS
from shared.images.augment.crops import draw_crops
from shared.images.augment.cutmix import CutMix
from shared.images.augment.flip import flip
from shared.images.augment.geometry import GEOMETRY, GREY, warp
from shared.images.augment.mixup import MixUp
from shared.images.augment.one_of import OneOf
from shared.images.augment.rand_augment import OPERATIONS, RandAugment


def random(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def smooth() -> np.ndarray:
    """An image of few and unlike levels, uint8 (40, 40, 3)."""
    rows, columns = np.mgrid[0:40, 0:40]
    waves = np.sin(rows / 5) * 40 + columns * 2 + np.cos(columns / 3) * 20
    return np.stack([60 + waves * 0.8, 90 + waves[::-1] * 0.5, 70 + waves.T], -1).astype(np.uint8)


def noise(size: int = 40) -> np.ndarray:
    return random().integers(0, 256, (size, size, 3), dtype=np.uint8)


def numbered(count: int, size: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Images of one number each, and the labels that say which."""
    images = np.arange(count, dtype=np.float32)[:, None, None, None]
    return np.broadcast_to(images, (count, size, size, 3)).copy(), np.eye(count, dtype=np.float32)


@pytest.mark.parametrize("pixels", [smooth(), noise(), np.full((40, 40, 3), 9, np.uint8)])
@pytest.mark.parametrize("strength", [-1.0, -0.35, 0.0, 0.5, 1.0])
@pytest.mark.parametrize("name", COLOURS)
def test_colours_are_those_of_pillow(name, strength, pixels):
    picture = Image.fromarray(pixels)
    factor, size = 1.0 + 0.9 * strength, abs(strength)
    wanted = {
        "identity": lambda: picture,
        "autocontrast": lambda: ImageOps.autocontrast(picture),
        "equalize": lambda: ImageOps.equalize(picture),
        "solarize": lambda: ImageOps.solarize(picture, 256 * (1 - size)),
        "posterize": lambda: ImageOps.posterize(picture, 8 - round(4 * size)),
        "colour": lambda: ImageEnhance.Color(picture).enhance(factor),
        "contrast": lambda: ImageEnhance.Contrast(picture).enhance(factor),
        "brightness": lambda: ImageEnhance.Brightness(picture).enhance(factor),
        "sharpness": lambda: ImageEnhance.Sharpness(picture).enhance(factor),
    }[name]()
    changed = COLOURS[name](pixels, strength)
    assert changed.dtype == np.uint8
    exact = name in ("identity", "equalize", "solarize", "posterize")
    np.testing.assert_allclose(
        changed.astype(int), np.asarray(wanted).astype(int), atol=0 if exact else 1
    )


@pytest.mark.parametrize("strength", [-1.0, 0.4])
@pytest.mark.parametrize("name", GEOMETRY)
def test_geometry_is_that_of_pillow(name, strength):
    matrix = np.array(GEOMETRY[name](strength, 40), float)
    pixels = smooth()
    # Pillow counts places from the corner of the first pixel, not from its middle.
    corner = np.full(2, 20.0)
    moved = matrix[:, 2] + corner - matrix[:, :2] @ corner
    data = (*matrix[0, :2], moved[0], *matrix[1, :2], moved[1])
    wanted = Image.fromarray(pixels).transform(
        (40, 40), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR, fillcolor=(128,) * 3
    )
    warped = warp(pixels[None].astype(np.float32), matrix[None])[0]
    differences = np.abs(warped - np.asarray(wanted))
    # They part along the border alone, where Pillow does not mix with the colour beyond.
    assert (differences > 1.5).any(-1).mean() < 0.08
    assert np.median(differences) < 0.6
    assert (np.asarray(warped) == GREY).all(-1).mean() == pytest.approx(
        (np.asarray(wanted) == 128).all(-1).mean(), abs=0.06
    )


def test_geometry_goes_as_far_as_the_paper_says():
    assert GEOMETRY["shear_x"](1.0, 100)[0][1] == pytest.approx(0.3)
    assert GEOMETRY["translate_y"](-1.0, 100)[1][2] == pytest.approx(-45.0)
    assert GEOMETRY["rotate"](1.0, 100)[1][0] == pytest.approx(0.5)  # the sine of 30 degrees


def test_rand_augment_has_the_operations_of_the_paper():
    assert len(OPERATIONS) == len(set(OPERATIONS)) == 14


def test_rand_augment_varies_each_image_by_itself_and_leaves_labels():
    images = np.stack([smooth()] * 60).astype(np.float32)
    labels = np.arange(60)
    varied, kept = RandAugment(1, 9.0)(images, labels, random())
    assert varied.dtype == np.float32 and varied.min() >= 0 and varied.max() <= 255
    assert kept is labels
    # Nine operations have two directions, five have none: 23 ways.
    ways = {one.tobytes() for one in varied}
    assert 15 <= len(ways) <= 23
    np.testing.assert_array_equal(images[0], smooth())


def test_rand_augment_is_the_same_for_the_same_numbers():
    images = np.stack([smooth(), noise()] * 4).astype(np.float32)
    first, again, other = (RandAugment()(images, None, random(seed))[0] for seed in (5, 5, 6))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_rand_augment_of_no_strength_changes_contrast_alone():
    images = np.stack([np.full((8, 8, 3), 100.0)] * 40).astype(np.float32)
    varied, _ = RandAugment(3, 0.0)(images, None, random())
    np.testing.assert_allclose(varied, images, atol=1)


def test_flip_mirrors_about_half_of_the_images():
    images = random().random((400, 3, 5, 3)).astype(np.float32)
    flipped, labels = flip(images, np.arange(400), random())
    mirrored = (flipped == images[:, :, ::-1]).all((1, 2, 3))
    np.testing.assert_array_equal(flipped[~mirrored], images[~mirrored])
    assert 160 < mirrored.sum() < 240 and labels.tolist() == list(range(400))


def test_crops_are_of_uniform_area_and_within():
    draws = draw_crops(random(), 4000, smallest=0.08)
    assert draws.dtype == np.float32 and draws.shape == (4000, 4)
    assert 0.08 <= draws[:, 0].min() < 0.09 and 0.99 < draws[:, 0].max() <= 1.0
    assert draws[:, 0].mean() == pytest.approx(0.54, abs=0.02)
    np.testing.assert_allclose(draws[:, 1:].mean(0), 0.5, atol=0.02)


def test_mixup_mixes_images_and_labels_by_one_share():
    images, labels = numbered(8)
    mixed, shares = MixUp(0.4)(images, labels, random(2))
    share = random(2).beta(0.4, 0.4)
    assert mixed.dtype == shares.dtype == np.float32
    np.testing.assert_allclose(shares.sum(1), 1.0, rtol=1e-6)
    # An image of number n is mixed to the mean number that its labels say.
    np.testing.assert_allclose(mixed[:, 0, 0, 0], shares @ np.arange(8), rtol=1e-5)
    assert {round(float(x), 5) for x in shares[shares > 0]} <= {
        round(share, 5),
        round(1 - share, 5),
        1.0,
    }


def test_shares_of_mixup_follow_the_beta_distribution():
    images, labels = numbered(2, size=1)
    drawn = [MixUp(0.3)(images, labels, random(seed))[1].max() for seed in range(600)]
    # A pair that keeps its order stays unmixed: half of the draws.
    mixed = np.array([share for share in drawn if share < 1.0])
    expected = random(1).beta(0.3, 0.3, 20_000)
    expected = np.maximum(expected, 1 - expected)
    assert mixed.mean() == pytest.approx(expected.mean(), abs=0.03)


@pytest.mark.parametrize("seed", range(12))
def test_cutmix_replaces_a_rectangle_and_counts_its_pixels(seed):
    images, labels = numbered(6, size=20)
    cut, shares = CutMix(1.0)(images, labels, random(seed))
    for number in range(6):
        values, counts = np.unique(cut[number, :, :, 0], return_counts=True)
        wanted = np.zeros(6)
        wanted[values.astype(int)] = counts / 400
        np.testing.assert_allclose(shares[number], wanted, atol=1e-6)
        rows, columns = np.nonzero(cut[number, :, :, 0] != number)
        if len(rows):
            assert len(rows) == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)
    np.testing.assert_array_equal(images, numbered(6, size=20)[0])


def test_cutmix_cuts_any_part():
    images, labels = numbered(2, size=32)
    kept = [CutMix(1.0)(images, labels, random(seed))[1].max(1).min() for seed in range(400)]
    assert min(kept) < 0.55 and 0.3 < np.mean(np.array(kept) < 0.999) < 0.6


def test_one_of_applies_each_now_and_then():
    images, labels = numbered(4)
    kinds = set()
    for seed in range(40):
        varied, _ = OneOf([MixUp(1.0), CutMix(1.0)])(images, labels, random(seed))
        whole = bool((varied == varied[:, :1, :1]).all())
        kinds.add("mixed" if whole and (varied % 1).any() else "cut" if not whole else "")
    assert {"mixed", "cut"} <= kinds


@pytest.mark.parametrize("mix", [MixUp(0.2), CutMix(1.0)])
def test_numbers_of_classes_cannot_be_mixed(mix):
    images, _ = numbered(3)
    with pytest.raises(ConfigError, match="one-hot"):
        mix(images, np.arange(3), random())


@pytest.mark.parametrize(
    "make",
    [
        lambda: MixUp(0.0),
        lambda: CutMix(-1.0),
        lambda: RandAugment(0, 5.0),
        lambda: RandAugment(2, 11.0),
        lambda: draw_crops(random(), 1, smallest=0.0),
    ],
)
def test_impossible_settings_are_refused(make):
    with pytest.raises(ConfigError, match="received"):
        make()
