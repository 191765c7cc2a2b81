"""Everything that is known of a network's answers to labelled pictures.

`apps.image_classification.scores` takes its scores from here, and `report` the rest.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from apps.image_classification.evaluation.accuracy import TOP, accuracy_interval, top_k_accuracy
from apps.image_classification.evaluation.by_class import (
    ClassScore,
    count_confusions,
    macro_scores,
    score_classes,
)
from apps.image_classification.evaluation.calibration import Bin, calibration_error, reliability
from shared.errors import DataError


@dataclass(frozen=True)
class Evaluation:
    """The measures of one network on one set of pictures.

    Attributes:
        scores: by name, in percent.
        interval: of the accuracy, 95 %, in percent.
        classes: scores of each class.
        confusions: pictures of class i that were given class j, int (C, C).
        bins: the reliability diagram.
        bins_before: the same before the temperature was fitted; None where it is not known.
        pictures: N.
    """

    scores: dict[str, float]
    interval: tuple[float, float]
    classes: tuple[ClassScore, ...]
    confusions: np.ndarray
    bins: tuple[Bin, ...]
    bins_before: tuple[Bin, ...] | None
    pictures: int


def evaluate(
    labels: np.ndarray,
    probabilities: np.ndarray,
    *,
    names: Sequence[str],
    before: np.ndarray | None = None,
    seed: int = 0,
) -> Evaluation:
    """Measures answers.

    Args:
        labels: int (N,), 0 to C - 1.
        probabilities: (N, C), rows of sum 1.
        names: of the C classes.
        before: (N, C), those of the same network at a temperature of 1.
        seed: of the interval.

    Raises:
        DataError: there is no picture.
    """
    if not len(labels):
        raise DataError("Expected labelled pictures to evaluate on, received none.")
    predicted = probabilities.argmax(axis=1)
    classes = score_classes(labels, predicted, names=names)
    bins = reliability(labels, probabilities)
    scores = {"accuracy_percent": top_k_accuracy(labels, probabilities)}
    # Among five of five classes every answer would be right.
    if len(names) > TOP:
        scores[f"top{TOP}_accuracy_percent"] = top_k_accuracy(labels, probabilities, k=TOP)
    scores |= macro_scores(classes)
    scores["calibration_error_percent"] = calibration_error(bins)
    bins_before = None
    if before is not None:
        bins_before = reliability(labels, before)
        scores["calibration_error_before_percent"] = calibration_error(bins_before)
    return Evaluation(
        scores=scores,
        interval=accuracy_interval(labels, probabilities, seed=seed),
        classes=classes,
        confusions=count_confusions(labels, predicted, classes=len(names)),
        bins=bins,
        bins_before=bins_before,
        pictures=len(labels),
    )
