"""Where a run is right, how sure it is, and which pictures it gets wrong; the verb `report` asks.

`report_html` writes it as a page and `report_text` prints it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from apps.image_classification.evaluation.evaluate import Evaluation, evaluate
from apps.image_classification.evaluation.mistakes import worst_mistakes
from apps.image_classification.example import Example
from shared.images.resize import CROP
from shared.images.thumbnail import thumbnail

MOST_CONFUSIONS = 15


@dataclass(frozen=True)
class WrongAnswer:
    """A picture that was given a wrong class.

    Attributes:
        name: of the picture, as a user knows it.
        label: its class.
        predicted: the class that it was given.
        probability: how sure of that the network was.
        picture: a small JPEG; empty where the picture can be read no more.
    """

    name: str
    label: str
    predicted: str
    probability: float
    picture: bytes = field(repr=False)


@dataclass(frozen=True)
class Report:
    """What is known of a run on one split.

    Attributes:
        title: what was scored on what.
        evaluation: all measures.
        confusions: class, the class that was given instead, and how often; the most often first.
        worst: the wrong answers, the surest first.
        few_shot: training pictures a class -> the accuracy in percent with each seed.
    """

    title: str
    evaluation: Evaluation
    confusions: tuple[tuple[str, str, int], ...]
    worst: tuple[WrongAnswer, ...]
    few_shot: Mapping[int, Sequence[float]]


def report_on(
    examples: Sequence[Example],
    labels: np.ndarray,
    probabilities: np.ndarray,
    *,
    title: str,
    names: Sequence[str],
    before: np.ndarray | None = None,
    worst: int = 24,
    crop: float = CROP,
    few_shot: Mapping[int, Sequence[float]] | None = None,
    seed: int = 0,
) -> Report:
    """Measures answers and collects the pictures to look at.

    Args:
        examples: N.
        labels: int (N,), 0 to C - 1.
        probabilities: (N, C), rows of sum 1.
        title: what was scored on what.
        names: of the C classes.
        before: (N, C), those of the same network at a temperature of 1.
        worst: how many of the worst mistakes are kept.
        crop: part of the short side of a picture that the network saw, above 0 to 1.
        few_shot: training pictures a class -> the accuracy in percent with each seed.
        seed: of the interval of the accuracy.

    Raises:
        DataError: there is no picture.
    """
    evaluation = evaluate(labels, probabilities, names=names, before=before, seed=seed)
    return Report(
        title=title,
        evaluation=evaluation,
        confusions=most_confused(evaluation.confusions, names=names),
        worst=tuple(
            WrongAnswer(
                name=examples[one.place].name,
                label=names[one.label],
                predicted=names[one.predicted],
                probability=one.probability,
                picture=thumbnail(examples[one.place], crop=crop),
            )
            for one in worst_mistakes(labels, probabilities, count=worst)
        ),
        few_shot=dict(sorted((few_shot or {}).items())),
    )


def most_confused(
    confusions: np.ndarray, *, names: Sequence[str], count: int = MOST_CONFUSIONS
) -> tuple[tuple[str, str, int], ...]:
    """Returns class, the class that was given instead, and how often; the most often first.

    Args:
        confusions: int (C, C), pictures of class i that were given class j.
        names: of the C classes.
        count: how many at most.

    Example:
    >>> most_confused(np.array([[5, 2], [1, 9]]), names=("cat", "dog"))
    (('cat', 'dog', 2), ('dog', 'cat', 1))
    """
    wrong = confusions * (1 - np.eye(len(names), dtype=int))
    order = np.argsort(-wrong, axis=None, kind="stable")[:count]
    places = (divmod(int(place), len(names)) for place in order)
    return tuple((names[i], names[j], int(wrong[i, j])) for i, j in places if wrong[i, j])
