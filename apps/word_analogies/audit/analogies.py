"""Analogies that complete `she : he` by themselves: which pairs differ as the two words do?"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from apps.word_analogies.audit.lists import FREQUENT, Pair, plain_rows
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError

BLOCK = 128
# Pairs that score less say nothing about the seed; after de-biasing, most score 0.
LEAST_SCORE = 1e-3
# Above this similarity, 2 - 2 cos loses too many digits to stand for a distance.
NEARLY_EQUAL = 0.99


@dataclass(frozen=True)
class SeedAnalogy:
    """One answer: `first` is to `second` as the seed's first word is to its second.

    Args:
        first: such as "queen" for the seed (she, he).
        second: such as "king".
        score: cosine of the two differences, up to 1.
    """

    first: str
    second: str
    score: float


def seed_analogies(
    vectors: WordVectors,
    seed: Pair,
    *,
    count: int = 150,
    delta: float = 1.0,
    limit: int = FREQUENT,
) -> tuple[SeedAnalogy, ...]:
    """Finds the pairs of near words whose difference is most like that of the seed.

        score(x, y) = cos(s1 - s2, x - y)  if |x - y| <= delta, else 0

    over all ordered pairs of plain words (unit vectors), best first. As published, a word that
    already stands first in an answer is not first in another, nor second if it stands second.

    Source: Bolukbasi et al. 2016, arXiv:1607.06520, section 4.

    Args:
        vectors: the words, the most frequent first.
        seed: such as (she, he); its words are no part of answers.
        count: how many pairs are wanted; there are fewer when no more score above 0.001.
        delta: the largest distance inside a pair; 1 asks for a cosine of 0.5 or more.
        limit: how many of the most frequent words are searched.

    Raises:
        DataError: a word of the seed is unknown, or both have one vector.
    """
    axis = vectors[seed[0]] / _length(vectors[seed[0]])
    axis = axis - vectors[seed[1]] / _length(vectors[seed[1]])
    if _length(axis) <= 1e-6:
        raise DataError(f"Expected a seed of two different vectors, received {seed}.")
    rows = plain_rows(vectors, limit=limit, without=seed)
    unit = vectors.unit[rows]
    lean = unit @ (axis / _length(axis)).astype(np.float32)
    pool = np.zeros((0, 3))
    threshold = LEAST_SCORE
    for edges in _blocks(unit, lean, delta=delta):
        pool = np.concatenate([pool, edges[edges[:, 2] >= threshold]])
        pool = pool[np.lexsort((pool[:, 1], pool[:, 0], -pool[:, 2]))]
        # Any choice that cannot be extended has at least half as many pairs as the largest
        # one. With 2n pairs found above a score, n of the final ones lie above it, too.
        enough = _chosen(pool, 2 * count)
        if len(enough) == 2 * count:
            threshold = pool[enough[-1], 2]
            pool = pool[pool[:, 2] >= threshold]
    return tuple(
        SeedAnalogy(vectors.words[rows[int(x)]], vectors.words[rows[int(y)]], float(score))
        for x, y, score in pool[_chosen(pool, count)]
    )


def _length(vector: np.ndarray) -> float:
    return max(float(np.linalg.norm(vector)), 1e-12)


def _blocks(unit: np.ndarray, lean: np.ndarray, *, delta: float) -> Iterator[np.ndarray]:
    """Yields (x, y, score) of all near pairs with a score above 0, float64 (n, 3)."""
    least = 1 - delta**2 / 2
    for start in range(0, len(unit), BLOCK):
        # Each unordered pair once: the one that leans further to the first side is x.
        cosines = unit[start : start + BLOCK] @ unit[start:].T
        flat = np.flatnonzero(cosines >= least)
        one, other = np.divmod(flat, cosines.shape[1])
        once = one < other
        one, other, near = one[once] + start, other[once] + start, cosines.ravel()[flat[once]]
        squares = 2 - 2 * near.astype(np.float64)
        close = np.flatnonzero(near > NEARLY_EQUAL)
        for part in np.array_split(close, len(close) // 10_000 + 1):
            squares[part] = ((unit[one[part]] - unit[other[part]]) ** 2).sum(axis=1)
        further = lean[one].astype(np.float64) - lean[other]
        apart = (further != 0) & (squares > 1e-12)
        one, other, further = one[apart], other[apart], further[apart]
        x, y = np.where(further > 0, one, other), np.where(further > 0, other, one)
        scores = np.minimum(np.abs(further) / np.sqrt(squares[apart]), 1)
        yield np.stack([x, y, scores], axis=1)


def _chosen(pool: np.ndarray, count: int) -> list[int]:
    """Returns the positions of the best pairs with no word twice on a side; `pool` is sorted."""
    firsts: set[int] = set()
    seconds: set[int] = set()
    chosen: list[int] = []
    for position, (x, y) in enumerate(pool[:, :2].astype(np.int64).tolist()):
        if len(chosen) == count:
            break
        if x not in firsts and y not in seconds:
            firsts.add(x)
            seconds.add(y)
            chosen.append(position)
    return chosen
