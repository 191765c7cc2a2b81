"""Colours of one image changed as Pillow changes them: the part of RandAugment without geometry.

    changed = COLOURS["solarize"](pixels, 0.5)

Each takes pixels uint8 (H, W, 3) and a strength from -1 to 1, and returns pixels; the sign decides
between more and less where there are two ways. `shared.images.augment.rand_augment` calls them.
"""

from collections.abc import Callable

import numpy as np

_LEVELS = np.arange(256)
# At the greatest strength an enhancement has a factor of 0.1 or 1.9 (Cubuk et al. 2018, table 6).
_FACTOR = 0.9


def identity(pixels: np.ndarray, strength: float) -> np.ndarray:
    """Leaves an image as it is."""
    return pixels


def autocontrast(pixels: np.ndarray, strength: float) -> np.ndarray:
    """Stretches each channel to the whole of 0 to 255; the strength is of no account."""
    low, high = pixels.min((0, 1)), pixels.max((0, 1))
    return _by_channel(
        pixels,
        [
            (_LEVELS - int(a)) * (255.0 / (int(b) - int(a))) if b > a else _LEVELS
            for a, b in zip(low, high, strict=True)
        ],
    )


def equalize(pixels: np.ndarray, strength: float) -> np.ndarray:
    """Makes the levels of each channel equally frequent; the strength is of no account."""
    tables = []
    for channel in range(3):
        counts = np.bincount(pixels[..., channel].ravel(), minlength=256)
        step = (counts.sum() - counts[np.flatnonzero(counts)[-1]]) // 255
        below = np.cumsum(counts) - counts
        tables.append((below + step // 2) // step if step else _LEVELS)
    return _by_channel(pixels, tables)


def solarize(pixels: np.ndarray, strength: float) -> np.ndarray:
    """Inverts the levels from 256 * (1 - strength) on."""
    return np.where(pixels >= 256.0 * (1.0 - abs(strength)), 255 - pixels, pixels)


def posterize(pixels: np.ndarray, strength: float) -> np.ndarray:
    """Keeps 8 bits of each number, or down to 4 at the greatest strength."""
    return pixels & np.uint8(0xFF << round(4 * abs(strength)) & 0xFF)


def colour(pixels: np.ndarray, strength: float) -> np.ndarray:
    """Makes colours paler or stronger."""
    return _away_from(_grey(pixels)[..., None], pixels, strength)


def contrast(pixels: np.ndarray, strength: float) -> np.ndarray:
    """Brings colours nearer to the mean grey of the image, or further from it."""
    return _away_from(float(np.floor(_grey(pixels).mean() + 0.5)), pixels, strength)


def brightness(pixels: np.ndarray, strength: float) -> np.ndarray:
    """Makes an image darker or brighter."""
    return _away_from(0.0, pixels, strength)


def sharpness(pixels: np.ndarray, strength: float) -> np.ndarray:
    """Makes an image softer or sharper; its outermost pixels stay."""
    wide = pixels.astype(np.float32)
    rows = wide[:-2] + wide[1:-1] + wide[2:]
    around = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    smooth = wide.copy()
    smooth[1:-1, 1:-1] = np.rint((around + 4.0 * wide[1:-1, 1:-1]) / 13.0)
    return _away_from(smooth, pixels, strength)


COLOURS: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    one.__name__: one
    for one in (
        identity,
        autocontrast,
        equalize,
        solarize,
        posterize,
        colour,
        contrast,
        brightness,
        sharpness,
    )
}


def _by_channel(pixels: np.ndarray, tables: list[np.ndarray]) -> np.ndarray:
    """Looks every number up in the table of its channel."""
    table = np.clip(np.stack(tables, -1), 0, 255).astype(np.uint8)
    return np.stack([table[pixels[..., c], c] for c in range(3)], -1)


def _grey(pixels: np.ndarray) -> np.ndarray:
    """Returns luma (H, W) by ITU-R 601-2, whole numbers."""
    return np.rint(pixels @ np.array([0.299, 0.587, 0.114], np.float32))


def _away_from(base: np.ndarray | float, pixels: np.ndarray, strength: float) -> np.ndarray:
    """Returns base + (1 + 0.9 * strength) * (pixels - base)."""
    factor = np.float32(1.0 + _FACTOR * strength)
    changed = base + factor * (pixels.astype(np.float32) - base)
    return np.clip(changed, 0.0, 255.0).astype(np.uint8)
