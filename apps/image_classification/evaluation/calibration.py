"""Whether a network is as often right as it is sure."""

from dataclasses import dataclass

import numpy as np

BINS = 15


@dataclass(frozen=True)
class Bin:
    """The answers that were about equally sure.

    Attributes:
        low: probability of the answers, above this.
        high: up to this.
        pictures: how many answers; 0 leaves the two means at 0.
        confidence: mean probability of the answers.
        accuracy: share of them that is right.
    """

    low: float
    high: float
    pictures: int
    confidence: float
    accuracy: float


def reliability(
    labels: np.ndarray, probabilities: np.ndarray, *, bins: int = BINS
) -> tuple[Bin, ...]:
    """Sorts the answers by how sure they are, into bins of equal width: the reliability diagram.

    Source: Guo, Pleiss, Sun, Weinberger 2017, On Calibration of Modern Neural Networks, section 2
    (arXiv:1706.04599); bin m holds what is above (m - 1) / M, up to m / M.

    Args:
        labels: int (N,), 0 to C - 1.
        probabilities: (N, C), rows of sum 1.
        bins: M, from 1.
    """
    sure = probabilities.max(axis=1).astype(np.float64)
    right = probabilities.argmax(axis=1) == labels
    edges = np.linspace(0.0, 1.0, bins + 1)
    # Rounding may bring a probability a little above 1.
    places = np.clip(np.searchsorted(edges, sure, side="left") - 1, 0, bins - 1)
    found = []
    for place in range(bins):
        inside = places == place
        count = int(inside.sum())
        found.append(
            Bin(
                low=float(edges[place]),
                high=float(edges[place + 1]),
                pictures=count,
                confidence=float(sure[inside].mean()) if count else 0.0,
                accuracy=float(right[inside].mean()) if count else 0.0,
            )
        )
    return tuple(found)


def calibration_error(bins: tuple[Bin, ...]) -> float:
    """Returns the expected calibration error in percent.

        ECE = sum over bins of |B| / N * |accuracy(B) - confidence(B)|

    Source: Naeini, Cooper, Hauskrecht 2015 (AAAI); equation 3 of Guo et al. 2017.

    Example:
    >>> sure = np.array([[0.9, 0.1], [0.9, 0.1]])
    >>> round(calibration_error(reliability(np.array([0, 1]), sure)), 6)
    40.0
    """
    total = sum(one.pictures for one in bins)
    gap = sum(one.pictures * abs(one.accuracy - one.confidence) for one in bins)
    return 100.0 * gap / total
