"""Compares the similarity of word vectors with that which people gave, by Spearman's rho.

    rho = correlation of rank(cos(x, y)) and rank(similarity), equal values sharing a mean rank

The rank alone counts, since neither scale means anything (Finkelstein et al. 2002; Hill,
Reichart, Korhonen 2015, arXiv:1408.3456).
"""

from dataclasses import dataclass

import numpy as np

from apps.word_analogies.evaluation.analogies import case_variants
from apps.word_analogies.testsets import PairSet
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError


@dataclass(frozen=True)
class PairScores:
    """How alike vectors and people order pairs of words.

    Args:
        spearman: rho, from -1 to 1.
        scored: pairs with two known words.
        asked: all pairs.
        missing: the unknown words, in the order of the set; their pairs are left out.
    """

    spearman: float
    scored: int
    asked: int
    missing: tuple[str, ...]

    @property
    def coverage_percent(self) -> float:
        """Scored of asked."""
        return 100.0 * self.scored / self.asked if self.asked else 0.0


def score_pairs(vectors: WordVectors, test_set: PairSet, *, limit: int | None = None) -> PairScores:
    """Scores vectors on a set of word pairs; case is ignored as in `score_analogies`.

    Args:
        vectors: the words, most frequent first.
        test_set: the pairs.
        limit: only so many of the most frequent words are known; all by default.

    Raises:
        DataError: fewer than two pairs are known, or they are all equally similar.
    """
    words = [word for pair in test_set.pairs for word in pair[:2]]
    variants = case_variants(vectors.words[:limit], set(words))
    missing = tuple(dict.fromkeys(word for word in words if word.upper() not in variants))
    scored = [
        (variants[one.upper()][0], variants[other.upper()][0], similarity)
        for one, other, similarity in test_set.pairs
        if one.upper() in variants and other.upper() in variants
    ]
    left, right, wanted = np.array(scored, dtype=np.float64).reshape(-1, 3).T
    unit = vectors.unit
    near = np.sum(unit[left.astype(np.int64)] * unit[right.astype(np.int64)], axis=1)
    if len(np.unique(wanted)) < 2 or len(np.unique(near)) < 2:
        raise DataError(
            f"Expected two pairs of {test_set.name} with known words and different similarities, "
            f"received {len(scored)} known pairs and {len(missing)} unknown words; give vectors "
            "that hold its words."
        )
    return PairScores(spearman(near, wanted), len(scored), len(test_set.pairs), missing)


def spearman(first: np.ndarray, second: np.ndarray) -> float:
    """Returns Spearman's rank correlation of two rows of numbers that are not all equal.

    Example:
    >>> round(spearman(np.array([1, 2, 2, 9]), np.array([10, 20, 30, 40])), 4)
    0.9487
    """
    return float(np.corrcoef(_ranks(first), _ranks(second))[0, 1])


def _ranks(values: np.ndarray) -> np.ndarray:
    """Returns ranks from 1 on; equal values share the mean of theirs."""
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]
