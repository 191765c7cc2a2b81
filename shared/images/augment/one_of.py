"""One of several variations for each batch, such as MixUp or CutMix.

An app gives it to `shared.images.batches`.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from shared.images.batches import Augment


class OneOf:
    """Applies one of several, each as likely.

    Args:
        choices: one or more.
    """

    def __init__(self, choices: "Sequence[Augment]"):
        self._choices = tuple(choices)

    def __call__(
        self, images: np.ndarray, labels: np.ndarray, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Varies images float32 (B, H, W, C) and labels."""
        return self._choices[random.integers(len(self._choices))](images, labels, random)
