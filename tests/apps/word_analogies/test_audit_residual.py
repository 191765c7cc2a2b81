import numpy as np
import pytest
from planted_bias import PAIRS, PROFESSIONS, planted

from apps.word_analogies.audit.debias import debias
from apps.word_analogies.audit.direction import find_direction
from apps.word_analogies.audit.professions import correlation, look_at_professions
from apps.word_analogies.audit.residual import measure_residual
from shared.errors import DataError


def world_before_and_after(**options):
    world = planted(**options)
    direction = find_direction(world.vectors, PAIRS)
    after = debias(world.vectors, direction, keep=world.lists.gendered, equalise=PAIRS)
    return world, after, direction


def test_nothing_remains_where_the_direction_was_all():
    world, after, direction = world_before_and_after(neutral=1000)
    found = measure_residual(world.vectors, after, direction, without=world.lists.gendered)
    assert found.clustered == found.classified == 100
    assert found.cluster_before > 99 and found.classifier_before > 99
    # Chance: 200 words, so 50 % give or take 12.
    assert found.cluster_after < 62 and 38 < found.classifier_after < 62


def test_an_echo_on_another_axis_is_found_after_debiasing():
    world, after, direction = world_before_and_after(neutral=1000, echo=1.0)
    found = measure_residual(world.vectors, after, direction, without=world.lists.gendered)
    assert found.cluster_after > 95 and found.classifier_after > 95
    again = measure_residual(world.vectors, after, direction, without=world.lists.gendered)
    assert found == again


def test_a_small_vocabulary_is_refused():
    world, after, direction = world_before_and_after(neutral=50)
    with pytest.raises(DataError, match="Expected 100 neutral words or more"):
        measure_residual(world.vectors, after, direction, without=world.lists.gendered)


def slow_near_men(vectors, world, word, count):
    def cosine(other):
        one, two = vectors[word], vectors[other]
        return one @ two / np.linalg.norm(one) / np.linalg.norm(two)

    others = [w for w in world.vectors.words if w not in world.lists.gendered and w != word]
    nearest = sorted(others, key=cosine, reverse=True)[:count]
    return 100 * np.mean([world.leans[other] < 0 for other in nearest])


def test_professions_have_their_planted_leans_and_the_neighbours_of_a_slow_loop():
    world, after, direction = world_before_and_after(neutral=200)
    found = look_at_professions(
        world.vectors,
        after,
        direction,
        [*PROFESSIONS, "unknown"],
        without=world.lists.gendered,
    )
    assert [one.word for one in found] == list(PROFESSIONS)
    for one in found:
        assert one.lean_before == pytest.approx(world.leans[one.word], abs=1e-5)
        assert one.lean_after == pytest.approx(0, abs=1e-6)
        count = 206 // 10
        assert one.near_men_before == pytest.approx(
            slow_near_men(world.vectors, world, one.word, count)
        )
        assert one.near_men_after == pytest.approx(slow_near_men(after, world, one.word, count))
    oracle = np.corrcoef([-one.lean_before for one in found], [o.near_men_after for o in found])
    assert correlation(found, after=True) == pytest.approx(oracle[0, 1])
    assert correlation(found, after=False) > 0.9
    assert correlation(found[:2], after=True) is None
