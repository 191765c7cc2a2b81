"""Vectors with a planted gender direction, whose right answers are known."""

import itertools
import string
from dataclasses import dataclass

import numpy as np

from apps.word_analogies.audit.list_files import WeatWords
from apps.word_analogies.audit.lists import WordLists
from apps.word_analogies.vectors import WordVectors

SIZE = 40
TOPICS = 40
PAIRS = (("she", "he"), ("her", "his"), ("woman", "man"), ("mother", "father"), ("queen", "king"))
PROFESSIONS = ("nurse", "maid", "teacher", "judge", "engineer", "boxer")
PROFESSION_LEANS = (0.5, 0.4, 0.1, -0.1, -0.4, -0.5)


@dataclass(frozen=True)
class Planted:
    vectors: WordVectors
    lists: WordLists
    axis: np.ndarray
    leans: dict[str, float]


def _orthogonal(generator: np.random.Generator, count: int) -> np.ndarray:
    """Unit rows with no part along the first two axes."""
    found = generator.normal(size=(count, SIZE))
    found[:, :2] = 0
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def fillers(count: int) -> list[str]:
    letters = itertools.product(string.ascii_lowercase, repeat=3)
    return ["x" + "".join(three) for three in itertools.islice(letters, count)]


def planted(seed: int = 0, *, neutral: int = 600, echo: float = 0.0) -> Planted:
    """Returns words that lie on the gender axis as `leans` says.

    Args:
        seed: of everything else about them.
        neutral: neutral words without a meaning.
        echo: how much of a word's lean shows on a second axis, which de-biasing does not see.
    """
    generator = np.random.default_rng(seed)
    axis = np.eye(SIZE)[0]
    words, rows, leans = [], [], {}
    for (one, other), topic in zip(PAIRS, _orthogonal(generator, len(PAIRS)), strict=True):
        words += [one, other]
        rows += [0.9 * topic + 0.45 * axis, 0.9 * topic - 0.45 * axis]
        leans |= {one: 0.45, other: -0.45}
    meaningless = fillers(neutral)
    told = dict(zip(PROFESSIONS, PROFESSION_LEANS, strict=True))
    told |= dict(zip(meaningless, generator.uniform(-0.5, 0.5, neutral).tolist(), strict=True))
    # Words of one topic are near each other, so that analogies can be made of them.
    topics = _orthogonal(generator, TOPICS)[generator.integers(TOPICS, size=len(told))]
    topics += 0.3 * _orthogonal(generator, len(told))
    topics /= np.linalg.norm(topics, axis=1, keepdims=True)
    for (word, lean), topic in zip(told.items(), topics, strict=True):
        second = echo * lean
        words.append(word)
        rest = np.sqrt(1 - lean**2 - second**2)
        rows.append(lean * axis + second * np.eye(SIZE)[1] + rest * topic)
    leans |= told
    matrix = np.array(rows) * generator.uniform(1, 5, size=(len(rows), 1))
    turn, _ = np.linalg.qr(generator.normal(size=(SIZE, SIZE)))
    vectors = WordVectors(tuple(words), (matrix @ turn).astype(np.float32))
    names = ("X", "Y", "A", "B")
    sets = (("nurse", "maid"), ("engineer", "boxer"), ("she", "woman"), ("he", "man"))
    lists = WordLists(
        seed=PAIRS[0],
        gender_pairs=PAIRS,
        equalise_pairs=PAIRS,
        professions=PROFESSIONS,
        weat=(WeatWords("work", names, sets),),
    )
    return Planted(vectors, lists, axis @ turn, leans)
