"""How often the right class is the first, or among the first five, and how sure that figure is."""

import numpy as np

TOP = 5
LEVEL = 0.95


def top_k_accuracy(labels: np.ndarray, probabilities: np.ndarray, *, k: int = 1) -> float:
    """Returns in how many percent of the rows the right class is among the k most probable.

    Of equal probabilities the class that comes first counts as the more probable, as where an
    answer is given; so a network that says the same of every class is right by chance alone.

    Args:
        labels: int (N,), 0 to C - 1; N from 1.
        probabilities: (N, C).
        k: from 1; C or more is always right.

    Example:
    >>> top_k_accuracy(np.array([1, 0]), np.array([[0.2, 0.8], [0.4, 0.6]]))
    50.0
    """
    return 100.0 * float(np.mean(ranks(labels, probabilities) < k))


def ranks(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Returns how many classes come before the right one, int (N,)."""
    right = probabilities[np.arange(len(labels)), labels][:, None]
    before = np.arange(probabilities.shape[1]) < labels[:, None]
    return ((probabilities > right) | ((probabilities == right) & before)).sum(axis=1)


def accuracy_interval(
    labels: np.ndarray, probabilities: np.ndarray, *, seed: int = 0, rounds: int = 10_000
) -> tuple[float, float]:
    """Returns the interval that holds 95 % of the accuracies of resampled test sets, in percent.

    The percentile bootstrap (Efron 1979, Annals of Statistics 7): N rows are drawn with
    replacement, many times. How many of them are right follows a binomial distribution, so that
    number is drawn at once. All right, or all wrong, gives an interval of one point.

    Args:
        labels: int (N,), N from 1.
        probabilities: (N, C).
        seed: of the draws.
        rounds: how many test sets are drawn.
    """
    share = float(np.mean(ranks(labels, probabilities) == 0))
    drawn = np.random.default_rng(seed).binomial(len(labels), share, rounds) / len(labels)
    low, high = 100.0 * np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)
