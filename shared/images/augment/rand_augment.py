"""RandAugment: a few operations on each image, chosen at random, all of one strength.

An app gives it to `shared.images.batches`.
"""

from dataclasses import dataclass

import numpy as np

from shared.errors import ConfigError
from shared.images.augment.colours import COLOURS
from shared.images.augment.geometry import GEOMETRY, warp

GREATEST = 10.0
OPERATIONS = (*COLOURS, *GEOMETRY)


@dataclass(frozen=True)
class RandAugment:
    """Applies so many of the 14 operations to each image, each drawn anew and as likely.

    The strength is magnitude / 10 of the ranges of AutoAugment; its sign is random. Solarizing and
    posterizing grow with it too, where the authors' code lets them shrink.

    Source: Cubuk et al. 2019, RandAugment: Practical Automated Data Augmentation with a Reduced
    Search Space (arXiv:1909.13719); ranges: Cubuk et al. 2018, AutoAugment, table 6
    (arXiv:1805.09501).

    Args:
        operations: N of the paper, from 1; 2 for ResNet-50 on ImageNet.
        magnitude: M of the paper, 0 to 10; 9 there.
    """

    operations: int = 2
    magnitude: float = 9.0

    def __post_init__(self) -> None:
        if self.operations < 1 or not 0.0 <= self.magnitude <= GREATEST:
            raise ConfigError(
                "Expected 1 or more operations and a magnitude of 0 to 10 for RandAugment, "
                f"received {self.operations} and {self.magnitude}; 2 and 9 are usual."
            )

    def __call__(
        self, images: np.ndarray, labels: np.ndarray, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Varies images float32 (B, size, size, 3), 0 to 255; labels stay."""
        pixels = np.rint(images).astype(np.uint8)
        chosen = random.integers(len(OPERATIONS), size=(self.operations, len(images)))
        signs = random.choice([-1.0, 1.0], size=chosen.shape)
        for numbers, strengths in zip(chosen, signs * self.magnitude / GREATEST, strict=True):
            names = [OPERATIONS[number] for number in numbers]
            _apply(pixels, names, strengths)
        return pixels.astype(np.float32), labels


def _apply(pixels: np.ndarray, names: list[str], strengths: np.ndarray) -> None:
    """Applies one operation to each image, in place."""
    warped = [row for row, name in enumerate(names) if name in GEOMETRY]
    if warped:
        size = pixels.shape[1]
        matrices = np.array([GEOMETRY[names[row]](strengths[row], size) for row in warped])
        pixels[warped] = np.rint(warp(pixels[warped].astype(np.float32), matrices))
    for row, name in enumerate(names):
        if name in COLOURS:
            pixels[row] = COLOURS[name](pixels[row], strengths[row])
