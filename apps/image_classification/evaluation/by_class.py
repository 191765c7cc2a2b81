"""Precision, recall and F1 of each class, and which classes are taken for which."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClassScore:
    """The scores of one class, in percent.

    Attributes:
        name: of the class.
        precision: of the pictures that were given this class, how many are of it.
        recall: of the pictures of this class, how many were given it.
        f1: the harmonic mean of both.
        pictures: how many are of this class.
    """

    name: str
    precision: float
    recall: float
    f1: float
    pictures: int


def score_classes(
    labels: np.ndarray, predicted: np.ndarray, *, names: Sequence[str]
) -> tuple[ClassScore, ...]:
    """Scores each class, in the order of the names.

    A class that was never given has a precision of 0, and one without pictures a recall of 0.

    Args:
        labels: int (N,), 0 to C - 1.
        predicted: int (N,), 0 to C - 1.
        names: of the C classes.
    """
    from sklearn.metrics import precision_recall_fscore_support

    found = precision_recall_fscore_support(
        labels, predicted, labels=range(len(names)), zero_division=0
    )
    return tuple(
        ClassScore(name, 100.0 * float(p), 100.0 * float(r), 100.0 * float(f), int(n))
        for name, p, r, f, n in zip(names, *found, strict=True)
    )


def macro_scores(scores: Sequence[ClassScore]) -> dict[str, float]:
    """Returns the means over the classes that have pictures, each class counting the same."""
    present = [one for one in scores if one.pictures]
    return {
        "macro_precision_percent": float(np.mean([one.precision for one in present])),
        "macro_recall_percent": float(np.mean([one.recall for one in present])),
        "macro_f1_percent": float(np.mean([one.f1 for one in present])),
    }


def count_confusions(labels: np.ndarray, predicted: np.ndarray, *, classes: int) -> np.ndarray:
    """Returns how many pictures of class i were given class j, int (C, C)."""
    from sklearn.metrics import confusion_matrix

    return confusion_matrix(labels, predicted, labels=range(classes))
