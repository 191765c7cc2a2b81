"""How professions lean, and whom they have as neighbours: the data of two scatter plots."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from apps.word_analogies.audit.direction import Direction
from apps.word_analogies.audit.lists import FREQUENT, known_rows, plain_rows
from apps.word_analogies.vectors import WordVectors

NEIGHBOURS = 100


@dataclass(frozen=True)
class Profession:
    """One profession.

    Args:
        word: the profession.
        lean_before, lean_after: cosine with the gender direction of the vectors before;
            positive towards women.
        near_men_before, near_men_after: percent of the 100 nearest words that leaned towards
            men before.
    """

    word: str
    lean_before: float
    lean_after: float
    near_men_before: float
    near_men_after: float


def look_at_professions(
    before: WordVectors,
    after: WordVectors,
    direction: Direction,
    professions: Iterable[str],
    *,
    without: Collection[str] = (),
    limit: int = FREQUENT,
) -> tuple[Profession, ...]:
    """Returns the known professions, the one that leaned most to women first.

    Source: Gonen and Goldberg 2019, arXiv:1903.03862, section 4: after de-biasing, professions
    still stand among words that had the same lean (correlation 0.75 before, 0.61 after).

    Args:
        before: the vectors as they were.
        after: the same words, de-biased.
        direction: of the vectors before.
        professions: unknown ones are left out.
        without: words with a gender by definition, not counted as neighbours.
        limit: how many of the most frequent words may be neighbours.
    """
    known, _ = known_rows(before, professions)
    rows = plain_rows(before, limit=limit, without=without)
    lean = before.unit @ direction.vector
    # A tenth of a small vocabulary is a neighbourhood, all of it is none.
    count = max(min(NEIGHBOURS, len(rows) // 10), 1)
    near = [_near_men(vectors, known, rows, lean, count) for vectors in (before, after)]
    lean_after = after.unit[known] @ direction.vector
    found = [
        Profession(before.words[row], *(float(value) for value in values))
        for row, *values in zip(known, lean[known], lean_after, *near, strict=True)
    ]
    return tuple(sorted(found, key=lambda one: -one.lean_before))


def _near_men(
    vectors: WordVectors, known: np.ndarray, rows: np.ndarray, lean: np.ndarray, count: int
) -> np.ndarray:
    """Returns the percent of the nearest words that leaned towards men, float64 (n,)."""
    if not len(known) or len(rows) <= count:
        return np.zeros(len(known))
    cosines = vectors.unit[known] @ vectors.unit[rows].T
    cosines[known[:, None] == rows] = -np.inf  # No word is its own neighbour.
    nearest = np.argpartition(-cosines, count - 1, axis=1)[:, :count]
    return 100 * (lean[rows][nearest] < 0).mean(axis=1)


def correlation(professions: Sequence[Profession], *, after: bool) -> float | None:
    """Returns Pearson's correlation of the lean to men before with the share of such neighbours.

    Args:
        professions: three or more.
        after: whether the neighbours are those after de-biasing.

    Returns:
        None where it is not defined: too few professions, or all alike.
    """
    lean = [-one.lean_before for one in professions]
    near = [one.near_men_after if after else one.near_men_before for one in professions]
    if len(professions) < 3 or np.ptp(lean) == 0 or np.ptp(near) == 0:
        return None
    return float(np.corrcoef(lean, near)[0, 1])
