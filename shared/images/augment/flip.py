"""Left and right exchanged: for photos, not for letters.

An app gives it to `shared.images.batches`.
"""

import numpy as np


def flip(
    images: np.ndarray, labels: np.ndarray, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Mirrors every other image, at random.

    Args:
        images: (B, H, W, C).
        labels: of any kind; they stay.
        random: what is drawn from.
    """
    mirrored = random.random(len(images)) < 0.5
    return np.where(mirrored[:, None, None, None], images[:, :, ::-1], images), labels
