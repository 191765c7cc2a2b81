import numpy as np
import pytest
from planted_bias import PAIRS, fillers, planted

from apps.word_analogies.audit import analogies as module
from apps.word_analogies.audit.analogies import SeedAnalogy, seed_analogies
from apps.word_analogies.audit.debias import debias
from apps.word_analogies.audit.direction import find_direction
from apps.word_analogies.audit.stereotypes import StereotypeJudge
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError


def slow_analogies(vectors, seed, *, count, delta):
    """The published procedure: all ordered pairs, sorted, no word twice on a side."""
    unit = vectors.matrix / np.linalg.norm(vectors.matrix, axis=1, keepdims=True)
    unit = unit.astype(np.float64)
    axis = unit[vectors.index[seed[0]]] - unit[vectors.index[seed[1]]]
    scored = []
    for x, one in enumerate(vectors.words):
        for y, other in enumerate(vectors.words):
            if x == y or {one, other} & set(seed):
                continue
            apart = unit[x] - unit[y]
            distance = np.linalg.norm(apart)
            if distance <= delta:
                scored.append((axis @ apart / distance / np.linalg.norm(axis), one, other))
    chosen, firsts, seconds = [], set(), set()
    for score, one, other in sorted(scored, reverse=True):
        if one not in firsts and other not in seconds and score >= 1e-3 and len(chosen) < count:
            chosen.append((one, other, score))
            firsts.add(one)
            seconds.add(other)
    return chosen


@pytest.mark.parametrize("count", [1, 7, 40, 1000])
@pytest.mark.parametrize("block", [5, 128])
def test_the_same_pairs_as_a_slow_loop(count, block, monkeypatch):
    monkeypatch.setattr(module, "BLOCK", block)
    generator = np.random.default_rng(count)
    words = ("she", "he", *fillers(120))
    # Few numbers and a common part: many words are near each other.
    vectors = WordVectors(
        words, (generator.normal(size=(122, 6)) + 2 * np.eye(6)[0]).astype(np.float32)
    )
    found = seed_analogies(vectors, ("she", "he"), count=count)
    expected = slow_analogies(vectors, ("she", "he"), count=count, delta=1.0)
    assert [(one.first, one.second) for one in found] == [(x, y) for x, y, _ in expected]
    np.testing.assert_allclose([one.score for one in found], [s for *_, s in expected], atol=1e-5)


def test_nearly_equal_words_get_a_true_score():
    axis, topic = np.eye(8)[0], np.eye(8)[1]
    for near in (1e-2, 1e-3):
        rows = [topic + axis, topic - axis, topic, topic + near * (axis + np.eye(8)[2])]
        vectors = WordVectors(("she", "he", "b", "a"), np.array(rows, np.float32))
        (found,) = seed_analogies(vectors, ("she", "he"))
        assert (found.first, found.second) == ("a", "b")
        assert found.score == pytest.approx(np.sqrt(0.5), abs=1e-3)


def test_delta_limit_and_plain_words():
    rows = np.array([[1, 1, 0], [-1, 1, 0], [0.5, 1, 0], [-0.5, 1, 0], [0.4, 1, 0]], np.float32)
    vectors = WordVectors(("she", "he", "nurse", "boxer", "Nurse"), rows)
    pairs = [(one.first, one.second) for one in seed_analogies(vectors, ("she", "he"))]
    assert pairs == [("nurse", "boxer")]
    assert not seed_analogies(vectors, ("she", "he"), delta=0.3)
    assert not seed_analogies(vectors, ("she", "he"), limit=3)


def test_a_seed_that_says_nothing_is_refused():
    world = planted(neutral=20)
    with pytest.raises(DataError, match="elle"):
        seed_analogies(world.vectors, ("elle", "il"))
    alike = WordVectors(("she", "he", "x"), np.ones((3, 2), np.float32))
    with pytest.raises(DataError, match="two different vectors"):
        seed_analogies(alike, ("she", "he"))


def judge_of(world):
    direction = find_direction(world.vectors, PAIRS)
    return StereotypeJudge.fit(world.vectors, direction, gendered=world.lists.gendered), direction


def test_the_judge_knows_the_three_kinds():
    world = planted()
    judge, _ = judge_of(world)
    neutral = [abs(lean) for word, lean in world.leans.items() if word not in judge.gendered]
    assert np.mean(np.array(neutral) >= judge.margin) == pytest.approx(0.1, abs=0.002)
    kinds = {
        ("queen", "king"): "appropriate",
        ("mother", "king"): "appropriate",
        ("nurse", "boxer"): "stereotype",
        ("nurse", "teacher"): "stereotype",  # One of the words is enough,
        ("queen", "boxer"): "stereotype",  # also beside a gendered one,
        ("boxer", "nurse"): "other",  # but only on the side it leaned to.
        ("teacher", "judge"): "other",
        ("queen", "judge"): "other",
    }
    found = {pair: judge.kind(SeedAnalogy(*pair, 0.5)) for pair in kinds}
    assert found == kinds
    shares = judge.shares([SeedAnalogy(*pair, 0.5) for pair in kinds])
    assert shares == {"stereotype": 37.5, "appropriate": 25.0, "other": 37.5}
    assert sum(judge.shares([]).values()) == 0


def test_debiasing_takes_planted_stereotypes_away_and_leaves_what_is_kept():
    world = planted()
    judge, direction = judge_of(world)
    before = seed_analogies(world.vectors, ("she", "he"), count=50)
    after = debias(world.vectors, direction, keep=world.lists.gendered, equalise=PAIRS)
    found = seed_analogies(after, ("she", "he"), count=50)
    assert judge.shares(before)["stereotype"] > 50
    assert {(one.first, one.second) for one in found} == set(PAIRS[1:])
    assert judge.shares(found)["appropriate"] == 100
    # Words that are kept by mistake are still called what they were before.
    leaning = [word for word, lean in world.leans.items() if abs(lean) >= judge.margin]
    wrong = debias(world.vectors, direction, keep={*world.lists.gendered, *leaning})
    assert judge.shares(seed_analogies(wrong, ("she", "he"), count=50))["stereotype"] > 50
