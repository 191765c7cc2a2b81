"""What hard de-biasing leaves behind: can the lean of words still be told from their neighbours?"""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from apps.word_analogies.audit.direction import Direction
from apps.word_analogies.audit.lists import FREQUENT, plain_rows
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError

CLUSTERED = 500
CLASSIFIED = 2_500
# Of the classified words, this share is learnt from, as published (1,000 of 5,000).
LEARNT = 0.2
# In a small vocabulary, the most leaning words are this share of all on each side.
MOST_SHARE = 0.1
FEWEST = 10


@dataclass(frozen=True)
class Residual:
    """How well the two sides are told apart, before and after; 50 % is chance.

    Args:
        clustered: words a side in the clustering.
        cluster_before, cluster_after: percent of words that k-means (k = 2) puts with their side.
        classified: words a side for the classifier.
        classifier_before, classifier_after: percent of words not learnt from that a support
            vector machine (RBF) gives to their side.
    """

    clustered: int
    cluster_before: float
    cluster_after: float
    classified: int
    classifier_before: float
    classifier_after: float


def measure_residual(
    before: WordVectors,
    after: WordVectors,
    direction: Direction,
    *,
    without: Collection[str] = (),
    limit: int = FREQUENT,
    seed: int = 0,
) -> Residual:
    """Tests whether the words that leaned most before can still be told apart afterwards.

    The sides are those of the vectors before. Source: Gonen and Goldberg 2019, arXiv:1903.03862:
    500 words a side cluster into 99.9 % before hard de-biasing and 92.5 % after it; 2,500
    words a side are told apart by the machine with 98.25 % and 88.88 %.

    Args:
        before: the vectors as they were.
        after: the same words, de-biased.
        direction: of the vectors before.
        without: words with a gender by definition, which are no test.
        limit: how many of the most frequent words are looked at.
        seed: of the clustering and of the choice of what is learnt from.

    Raises:
        DataError: fewer than 100 neutral words, so that no side has 10.
    """
    rows = plain_rows(before, limit=limit, without=without)
    most = int(len(rows) * MOST_SHARE)
    if most < FEWEST:
        raise DataError(
            f"Expected {int(FEWEST / MOST_SHARE)} neutral words or more for the residual test, "
            f"received {len(rows)}; give vectors of a larger vocabulary."
        )
    order = rows[np.argsort(before.unit[rows] @ direction.vector, kind="stable")]
    clustered, classified = min(CLUSTERED, most), min(CLASSIFIED, most)
    few = np.concatenate([order[:clustered], order[-clustered:]])
    many = np.concatenate([order[:classified], order[-classified:]])
    return Residual(
        clustered,
        _cluster_percent(before.unit[few], seed=seed),
        _cluster_percent(after.unit[few], seed=seed),
        classified,
        _classifier_percent(before.unit[many], seed=seed),
        _classifier_percent(after.unit[many], seed=seed),
    )


def _cluster_percent(unit: np.ndarray, *, seed: int) -> float:
    """Returns how many rows are in their half's cluster; the first half is one side."""
    from sklearn.cluster import KMeans

    labels = KMeans(n_clusters=2, n_init=10, random_state=seed).fit_predict(unit)
    right = float((labels == _sides(len(unit))).mean())
    return 100 * max(right, 1 - right)


def _classifier_percent(unit: np.ndarray, *, seed: int) -> float:
    from sklearn.svm import SVC

    sides = _sides(len(unit))
    generator = np.random.default_rng(seed)
    size = max(int(LEARNT * len(unit) / 2), 2)
    learnt = np.concatenate(
        [generator.permutation(np.flatnonzero(sides == side))[:size] for side in (0, 1)]
    )
    rest = np.setdiff1d(np.arange(len(unit)), learnt)
    machine = SVC(kernel="rbf").fit(unit[learnt], sides[learnt])
    return 100 * float((machine.predict(unit[rest]) == sides[rest]).mean())


def _sides(count: int) -> np.ndarray:
    return (np.arange(count) >= count // 2).astype(np.int64)
