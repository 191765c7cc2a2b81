"""Hard de-biasing: takes a direction out of all words that should not have it."""

from collections.abc import Collection, Iterable, Sequence

import numpy as np

from apps.word_analogies.audit.direction import Direction
from apps.word_analogies.audit.lists import Pair, known_pairs
from apps.word_analogies.vectors import WordVectors

NOTHING = 1e-6
# Rows at a time: millions of words would need their matrix several times over.
BLOCK = 65_536


def debias(
    vectors: WordVectors,
    direction: Direction,
    *,
    keep: Collection[str],
    equalise: Sequence[Pair] = (),
) -> WordVectors:
    """Returns vectors of length 1 without the direction, and pairs at equal distance.

        neutralise:  w <- (w - w_g) / |w - w_g|                     for every word not in `keep`
        equalise:    w <- v + sqrt(1 - |v|^2) * (+g or -g)          for both words of a pair,
                     where v is the pair's mean without the direction

    Afterwards every neutral word is equally near to both words of a pair. Words of length 0 stay.

    Source: Bolukbasi et al. 2016, arXiv:1607.06520, section 6.

    Args:
        vectors: the words; they are not changed.
        direction: g.
        keep: the words with a gender by definition.
        equalise: pairs; unknown ones are left out, variants in capitals go with them.
    """
    matrix = vectors.unit.copy()
    neutral = np.array([word not in keep for word in vectors.words], bool)
    for start in range(0, len(matrix), BLOCK):
        part = matrix[start : start + BLOCK]
        along = np.where(neutral[start : start + BLOCK], part @ direction.vector, 0)
        part -= np.outer(along, direction.vector)
        norms = np.linalg.norm(part, axis=1, keepdims=True)
        # What lay along the direction and nowhere else is rounding noise now.
        part *= np.where(norms > NOTHING, 1 / np.maximum(norms, NOTHING), 0)
    known = known_pairs(vectors, _with_capitals(equalise))
    if len(known):
        matrix[known] = _equalised(vectors.unit[known].astype(np.float64), direction.vector)
    return vectors.replaced(matrix)


def _equalised(pairs: np.ndarray, axis: np.ndarray) -> np.ndarray:
    """Returns pairs (n, 2, D) at equal distance from everything orthogonal to the axis (D,)."""
    middle = pairs.mean(axis=1)
    middle -= np.outer(middle @ axis, axis)
    height = np.sqrt(np.maximum(0, 1 - (middle**2).sum(axis=1)))
    sides = np.where((pairs[:, 0] - pairs[:, 1]) @ axis >= 0, height, -height)
    step = np.outer(sides, axis)
    return np.stack([middle + step, middle - step], axis=1)


def _with_capitals(pairs: Iterable[Pair]) -> list[Pair]:
    """Returns the pairs as written, as Titles and as CAPITALS, each once."""
    forms = (str, str.title, str.upper)
    return list(dict.fromkeys((form(a), form(b)) for a, b in pairs for form in forms))
