"""The direction in which words of women and of men differ, and how far neutral words lean."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from apps.word_analogies.audit.lists import known_pairs, known_rows
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError

COMPONENTS = 10


@dataclass(frozen=True)
class Direction:
    """The gender direction.

    Args:
        vector: float32 (D,), of length 1; points to the first words of the pairs.
        explained: shares of the variance of the centred pairs that the first principal
            components take, at most 10; the first belongs to `vector`.
        pairs: how many pairs were known.
    """

    vector: np.ndarray
    explained: tuple[float, ...]
    pairs: int


def find_direction(vectors: WordVectors, pairs: Sequence[tuple[str, str]]) -> Direction:
    """Finds the first principal component of pairs that differ in one property only.

    Each pair is centred on its own middle, so that only the difference inside pairs counts.

    Source: Bolukbasi et al. 2016, arXiv:1607.06520, section 5.1.

    Args:
        vectors: the words.
        pairs: such as (she, he); the direction points to the first of them.

    Raises:
        DataError: no pair is known, or the words of every pair have the same vector.
    """
    known = known_pairs(vectors, pairs)
    if not len(known):
        raise DataError(
            f"Expected known words in the pairs that define the direction, received none of "
            f"{len(pairs)} pairs ({', '.join(' '.join(pair) for pair in pairs[:3])}, ...); give "
            "lists in the language of the vectors."
        )
    halves = (vectors.unit[known[:, 0]] - vectors.unit[known[:, 1]]).astype(np.float64) / 2
    # Each pair gives +half and -half; the second only doubles every square.
    _, lengths, components = np.linalg.svd(halves, full_matrices=False)
    if lengths[0] < 1e-6:
        raise DataError(
            "Expected pairs of words with different vectors, received equal ones; these vectors "
            "have no such direction."
        )
    vector = components[0] * (1 if halves.sum(axis=0) @ components[0] >= 0 else -1)
    shares = lengths**2 / (lengths**2).sum()
    explained = tuple(float(share) for share in shares[:COMPONENTS])
    return Direction(vector.astype(np.float32), explained, len(known))


def direct_bias(
    vectors: WordVectors, direction: Direction, words: Iterable[str], *, strictness: float = 1.0
) -> float:
    """Returns how far words that should be neutral lie along a direction.

        DirectBias_c = mean over w in N of |cos(w, g)|^c

    Source: Bolukbasi et al. 2016, arXiv:1607.06520, section 5.2, who find 0.08 for professions.

    Args:
        vectors: the words.
        direction: g.
        words: N, such as professions; unknown ones are left out.
        strictness: c; 0 counts words that lean at all, 1 weighs them by how far.

    Raises:
        DataError: no word is known.
    """
    known, _ = known_rows(vectors, words)
    if not len(known):
        raise DataError(
            "Expected known words to measure the direct bias of, received none; give lists in "
            "the language of the vectors."
        )
    return float((np.abs(vectors.unit[known] @ direction.vector) ** strictness).mean())
