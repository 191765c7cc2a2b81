"""MixUp: a batch laid over itself in another order.

An app gives it to `shared.images.batches`.
"""

from dataclasses import dataclass

import numpy as np

from shared.images.augment.mixing import checked_alpha, mixed_labels


@dataclass(frozen=True)
class MixUp:
    """Mixes images and labels by one random share a batch.

        x = share * x_i + (1 - share) * x_j,  y likewise,  share ~ Beta(alpha, alpha)

    Source: Zhang et al. 2017, mixup: Beyond Empirical Risk Minimization, equation 1
    (arXiv:1710.09412); the order of j is a random permutation, as in the authors' code.

    Args:
        alpha: above 0; 0.1 to 0.4 on ImageNet, more mixes more.
    """

    alpha: float = 0.2

    def __post_init__(self) -> None:
        checked_alpha(self.alpha, "MixUp")

    def __call__(
        self, images: np.ndarray, labels: np.ndarray, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Mixes images float32 (B, H, W, C) and labels float32 (B, classes)."""
        share = float(random.beta(self.alpha, self.alpha))
        partners = random.permutation(len(images))
        labels = mixed_labels(labels, partners, share)
        return share * images + (1 - share) * images[partners], labels
