"""CutMix: a rectangle of each image is replaced by that of another.

An app gives it to `shared.images.batches`.
"""

import math
from dataclasses import dataclass

import numpy as np

from shared.images.augment.mixing import checked_alpha, mixed_labels


@dataclass(frozen=True)
class CutMix:
    """Replaces one rectangle a batch, at the same place in all images.

        x = mask * x_i + (1 - mask) * x_j
        y = share * y_i + (1 - share) * y_j

    The rectangle has sides of sqrt(1 - share) times those of the image, with share ~ Beta(alpha,
    alpha), around a uniform centre; where it is cut off at the border, the share in the labels is
    that of the pixels that stay.

    Source: Yun et al. 2019, CutMix: Regularization Strategy to Train Strong Classifiers with
    Localizable Features, equations 1 and 2 (arXiv:1905.04899).

    Args:
        alpha: above 0; 1 in the paper: every share is as likely.
    """

    alpha: float = 1.0

    def __post_init__(self) -> None:
        checked_alpha(self.alpha, "CutMix")

    def __call__(
        self, images: np.ndarray, labels: np.ndarray, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mixes images float32 (B, H, W, C) and labels float32 (B, classes)."""
        height, width = images.shape[1:3]
        side = math.sqrt(1.0 - random.beta(self.alpha, self.alpha))
        rows = _between(int(random.integers(height)), side, height)
        columns = _between(int(random.integers(width)), side, width)
        partners = random.permutation(len(images))
        cut = images.copy()
        cut[:, rows, columns] = images[partners][:, rows, columns]
        replaced = (rows.stop - rows.start) * (columns.stop - columns.start) / (height * width)
        return cut, mixed_labels(labels, partners, 1.0 - replaced)


def _between(centre: int, side: float, length: int) -> slice:
    """Returns the part of a side around a centre, cut off at both ends."""
    half = int(side * length) // 2
    return slice(max(0, centre - half), min(length, centre + half))
