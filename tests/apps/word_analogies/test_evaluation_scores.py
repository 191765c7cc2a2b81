"""The flat names of all scores."""

import math

import numpy as np
import pytest

from apps.word_analogies.evaluation import scores as module
from apps.word_analogies.evaluation.scores import score_all
from apps.word_analogies.testsets import AnalogySet, PairSet
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError

VECTORS = WordVectors(
    ("king", "queen", "man", "woman", "cup"),
    np.array([[1, 0, 1], [1, 1, 1], [0, 0, 1], [0, 1, 1], [1, 0, -1]], np.float32),
)
FAMILY = AnalogySet(
    "family",
    {
        "royal people": [("man", "king", "woman", "queen"), ("king", "queen", "man", "cup")],
        "other": [("a", "b", "c", "d")],
    },
)
PAIRS = PairSet("pairs", [("king", "queen", 9.0), ("king", "cup", 1.0), ("cup", "mug", 9.0)])


def test_names_and_values(monkeypatch):
    monkeypatch.setattr(module, "LIMITS", (300_000, 4, 2))
    assert score_all(VECTORS, [FAMILY, PAIRS, PAIRS]) == {
        "family/accuracy_percent": 50.0,
        "family/accuracy_percent_300000": 50.0,
        # "cup" is the fifth word: the question that expects it is not asked.
        "family/accuracy_percent_4": 100.0,
        "family/accuracy_percent_3cosmul": 50.0,
        "family/coverage_percent": pytest.approx(200 / 3),
        "family/questions": 3.0,
        "family/section/royal-people": 50.0,
        "pairs/spearman": pytest.approx(1.0),
        "pairs/coverage_percent": pytest.approx(200 / 3),
        "pairs/pairs": 3.0,
        "pairs/missing_words": 1.0,
        "pairs-2/spearman": pytest.approx(1.0),
        "pairs-2/coverage_percent": pytest.approx(200 / 3),
        "pairs-2/pairs": 3.0,
        "pairs-2/missing_words": 1.0,
    }


def test_a_set_of_unknown_words_hides_no_other():
    unknown = AnalogySet("french", {"s": [("roi", "reine", "homme", "femme")]})
    scores = score_all(VECTORS, [unknown, PAIRS])
    assert scores["french/coverage_percent"] == 0.0
    assert [name for name in scores if name.startswith("french")] == ["french/coverage_percent"]
    assert all(math.isfinite(value) for value in scores.values())


@pytest.mark.parametrize("sets", [[], [PairSet("p", [("x", "y", 1.0)])]])
def test_nothing_to_score_is_refused(sets):
    with pytest.raises(DataError, match="Expected"):
        score_all(VECTORS, sets)
