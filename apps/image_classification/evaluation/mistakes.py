"""The answers that were surest of a wrong class: the first to look at."""

from typing import NamedTuple

import numpy as np


class Mistake(NamedTuple):
    """A picture that was given a wrong class."""

    place: int
    """Of the picture, from 0."""
    label: int
    """Its class."""
    predicted: int
    """The class that it was given."""
    probability: float
    """How sure of that the network was."""


def worst_mistakes(
    labels: np.ndarray, probabilities: np.ndarray, *, count: int
) -> tuple[Mistake, ...]:
    """Returns the wrong answers, the surest first; of equally sure ones the earlier picture.

    Args:
        labels: int (N,), 0 to C - 1.
        probabilities: (N, C).
        count: how many at most.
    """
    predicted = probabilities.argmax(axis=1)
    sure = probabilities.max(axis=1)
    wrong = np.flatnonzero(predicted != labels)
    worst = wrong[np.argsort(-sure[wrong], kind="stable")][:count]
    return tuple(
        Mistake(int(place), int(labels[place]), int(predicted[place]), float(sure[place]))
        for place in worst
    )
