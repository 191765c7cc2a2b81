"""What MixUp, CutMix and the choice between them share: labels that can be mixed.

The files of `shared.images.augment` call it.
"""

import numpy as np

from shared.errors import ConfigError


def mixed_labels(labels: np.ndarray, partners: np.ndarray, share: float) -> np.ndarray:
    """Returns share * y_i + (1 - share) * y_j.

    Args:
        labels: float32 (B, C), a share for each class.
        partners: int (B,), the j of each i.
        share: from 0 to 1.

    Raises:
        ConfigError: the labels are numbers of classes.
    """
    if labels.ndim != 2:
        raise ConfigError(
            "Expected a share for each class as labels, (B, C), where images are mixed, received "
            f"numbers of classes {labels.shape}; give them to ImageBatches one-hot."
        )
    return (share * labels + (1.0 - share) * labels[partners]).astype(np.float32)


def checked_alpha(alpha: float, name: str) -> None:
    """Raises ConfigError where alpha is no parameter of a Beta distribution."""
    if not alpha > 0.0:
        raise ConfigError(f"Expected alpha of {name} above 0, received {alpha}; leave {name} out.")
