"""Answers analogies by word vectors and counts the right answers, as a few matrix products.

"a is to b as c is to ?" is answered by the word x, other than a, b and c, of the highest score:

    3CosAdd   cos(x, b) - cos(x, a) + cos(x, c)
    3CosMul   cos'(x, b) cos'(x, c) / (cos'(x, a) + 0.001),  cos' = (cos + 1) / 2

(Mikolov, Chen, Corrado, Dean 2013, arXiv:1301.3781; Levy and Goldberg 2014, "Linguistic
Regularities in Sparse and Explicit Word Representations"). Thousands of questions are made of
some hundred words, so the cosines of those words with all others are computed once, and a
question is then a sum of three rows of them; 3CosMul is the same sum of logarithms.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from apps.word_analogies.testsets import AnalogySet
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError

Method = Literal["3CosAdd", "3CosMul"]

EPSILON = 0.001
# A block of words by a block of questions stays in the cache of a core.
WORDS_AT_ONCE, QUESTIONS_AT_ONCE = 1024, 256


@dataclass(frozen=True)
class Tally:
    """How many questions there were, could be answered, and were answered right.

    Args:
        right: with the expected word, upper or lower case.
        answerable: whose four words are all known.
        asked: all questions.
    """

    right: int
    answerable: int
    asked: int

    @property
    def accuracy_percent(self) -> float:
        """Right of answerable; NaN when none is answerable."""
        return 100.0 * self.right / self.answerable if self.answerable else float("nan")

    @property
    def coverage_percent(self) -> float:
        """Answerable of asked."""
        return 100.0 * self.answerable / self.asked if self.asked else 0.0


@dataclass(frozen=True)
class AnalogyScores(Tally):
    """The tally of a whole test set, and of each of its sections."""

    sections: Mapping[str, Tally] = field(default_factory=dict)


def score_analogies(
    vectors: WordVectors,
    test_set: AnalogySet,
    *,
    method: Method = "3CosAdd",
    limit: int | None = None,
) -> AnalogyScores:
    """Scores vectors on a set of analogies.

    Case is ignored: of words that differ in case alone the first, most frequent one stands for
    all in a question, and an answer in another case is right. gensim's `evaluate_word_analogies`
    counts the same.

    Args:
        vectors: the words, most frequent first.
        test_set: the questions.
        method: how the four words are compared.
        limit: only so many of the most frequent words are known; all by default.

    Raises:
        DataError: not one question has four known words.
    """
    questions, words = test_set.questions, vectors.words[:limit]
    variants = case_variants(words, {word for question in questions for word in question})
    known = np.array([all(w.upper() in variants for w in question) for question in questions], bool)
    if not known.any():
        raise DataError(
            f"Expected a question of {test_set.name} with four known words, received {len(known)} "
            f"questions of which none has; give vectors that hold its words ({len(words)} here)."
        )
    rows = np.array(
        [
            [variants[word.upper()][0] for word in question]
            for question, answerable in zip(questions, known, strict=True)
            if answerable
        ]
    )
    answers = answer_rows(
        vectors.unit[:limit], rows[:, :3], method=method, same=list(variants.values())
    )
    stands_for = np.arange(len(words))
    for group in variants.values():
        stands_for[group] = group[0]
    right = np.zeros(len(questions), bool)
    right[known] = (answers >= 0) & (stands_for[answers] == rows[:, 3])
    return _counted(test_set, known, right)


def case_variants(words: Sequence[str], wanted: set[str]) -> dict[str, list[int]]:
    """Returns the rows of all case variants of the wanted words, by their upper-case form.

    Example:
    >>> case_variants(["the", "Paris", "paris"], {"paris", "rome"})
    {'PARIS': [1, 2]}
    """
    upper = {word.upper() for word in wanted}
    rows: dict[str, list[int]] = {}
    for row, word in enumerate(words):
        form = word.upper()
        if form in upper:
            rows.setdefault(form, []).append(row)
    return rows


def answer_rows(
    unit: np.ndarray,
    triples: np.ndarray,
    *,
    method: Method = "3CosAdd",
    same: Sequence[Sequence[int]] = (),
) -> np.ndarray:
    """Returns the row of the best word for each question, int64 (n,).

    Memory does not grow with the number of words: the best so far of each question is kept while
    blocks of words pass.

    Args:
        unit: rows of length 1, float32 (V, D).
        triples: the rows of a, b and c of each question, int (n, 3).
        method: how they are compared.
        same: groups of rows that are one word in several spellings; where one of them is asked
            with, none of them is an answer.

    Returns:
        The rows; -1 where no word is left.
    """
    distinct, which = np.unique(triples, axis=0, return_inverse=True)
    asked, places = np.unique(distinct, return_inverse=True)
    places = places.reshape(distinct.shape)
    excluded = _spellings(asked, same)[places].reshape(len(distinct), -1)

    best = np.full(len(distinct), -np.inf, np.float32)
    rows = np.full(len(distinct), -1)
    # One buffer for all blocks: memory fresh from the system costs more than the sums.
    buffers = np.empty((2, QUESTIONS_AT_ONCE * WORDS_AT_ONCE), np.float32)
    for start in range(0, len(unit), WORDS_AT_ONCE):
        near = unit[asked] @ unit[start : start + WORDS_AT_ONCE].T
        plus, minus = (near, near) if method == "3CosAdd" else _logarithms(near)
        for first in range(0, len(distinct), QUESTIONS_AT_ONCE):
            part = slice(first, first + QUESTIONS_AT_ONCE)
            scores = _summed(plus, minus, places[part], buffers)
            question, spelling = np.nonzero(
                (excluded[part] >= start) & (excluded[part] < start + near.shape[1])
            )
            scores[question, excluded[part][question, spelling] - start] = -np.inf
            top = scores.argmax(axis=1)
            value = scores[np.arange(len(top)), top]
            better = value > best[part]
            best[part][better], rows[part][better] = value[better], top[better] + start
    return rows[which.reshape(-1)]


def _summed(
    plus: np.ndarray, minus: np.ndarray, places: np.ndarray, buffers: np.ndarray
) -> np.ndarray:
    """Returns plus[b] - minus[a] + plus[c], float32 (questions, words)."""
    shape = (len(places), plus.shape[1])
    scores, term = buffers[:, : shape[0] * shape[1]].reshape(2, *shape)
    # "clip" spares a copy that the other modes make of the output.
    np.take(plus, places[:, 1], axis=0, out=scores, mode="clip")
    np.take(minus, places[:, 0], axis=0, out=term, mode="clip")
    scores -= term
    np.take(plus, places[:, 2], axis=0, out=term, mode="clip")
    scores += term
    return scores


def _logarithms(near: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns what a word adds on the side of b and c, and what it takes off on that of a."""
    # Rounding may leave a cosine below -1; the smallest number keeps its logarithm finite.
    shifted = np.maximum((near + 1) / 2, np.finfo(np.float32).tiny)
    return np.log(shifted), np.log(shifted + EPSILON)


def _spellings(asked: np.ndarray, same: Sequence[Sequence[int]]) -> np.ndarray:
    """Returns all rows that are the same word as each asked one, int (asked, most), repeating."""
    groups = {row: group for group in same for row in group}
    found = [groups.get(int(row), [int(row)]) for row in asked]
    most = max(map(len, found))
    return np.array([[*group, *[group[0]] * (most - len(group))] for group in found])


def _counted(test_set: AnalogySet, known: np.ndarray, right: np.ndarray) -> AnalogyScores:
    sections, start = {}, 0
    for name, part in test_set.sections.items():
        stop = start + len(part)
        answerable, good = known[start:stop].sum(), right[start:stop].sum()
        sections[name] = Tally(int(good), int(answerable), len(part))
        start = stop
    return AnalogyScores(int(right.sum()), int(known.sum()), len(known), sections)
