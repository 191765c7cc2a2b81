import numpy as np
import pytest
from planted_bias import PAIRS, PROFESSION_LEANS, PROFESSIONS, planted
from sklearn.decomposition import PCA

from apps.word_analogies.audit.debias import debias
from apps.word_analogies.audit.direction import direct_bias, find_direction
from apps.word_analogies.audit.specific import expand_specific
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError


@pytest.fixture(scope="module")
def world():
    return planted()


@pytest.fixture(scope="module")
def direction(world):
    return find_direction(world.vectors, PAIRS)


def test_the_planted_direction_is_found_with_its_sign(world, direction):
    np.testing.assert_allclose(direction.vector, world.axis, atol=1e-5)
    assert direction.explained[0] == pytest.approx(1, abs=1e-6) and direction.pairs == 5
    turned = find_direction(world.vectors, [(men, women) for women, men in PAIRS])
    np.testing.assert_allclose(turned.vector, -direction.vector, atol=1e-6)


def test_the_direction_is_the_first_component_of_sklearn():
    generator = np.random.default_rng(3)
    words = tuple("abcdefghij")
    vectors = WordVectors(words, generator.normal(size=(10, 7)).astype(np.float32))
    pairs = list(zip(words[::2], words[1::2], strict=True))
    found = find_direction(vectors, [*pairs, ("a", "unknown")])
    rows = []
    for one, other in pairs:
        middle = (vectors.unit[vectors.index[one]] + vectors.unit[vectors.index[other]]) / 2
        rows += [vectors.unit[vectors.index[one]] - middle]
        rows += [vectors.unit[vectors.index[other]] - middle]
    oracle = PCA(n_components=5).fit(np.array(rows))
    assert abs(found.vector @ oracle.components_[0]) == pytest.approx(1, abs=1e-5)
    np.testing.assert_allclose(found.explained, oracle.explained_variance_ratio_, atol=1e-5)


def test_direct_bias_is_the_mean_of_the_planted_leans(world, direction):
    for strictness in (0.5, 1.0, 2.0):
        expected = np.mean(np.abs(PROFESSION_LEANS) ** strictness)
        found = direct_bias(
            world.vectors, direction, [*PROFESSIONS, "unknown"], strictness=strictness
        )
        assert found == pytest.approx(expected, abs=1e-5)


def test_what_has_no_direction_is_refused(world, direction):
    with pytest.raises(DataError, match=r"none of 1 pairs \(elle il"):
        find_direction(world.vectors, [("elle", "il")])
    alike = WordVectors(("she", "he"), np.ones((2, 4), np.float32))
    with pytest.raises(DataError, match="received equal ones"):
        find_direction(alike, [("she", "he")])
    with pytest.raises(DataError, match="direct bias"):
        direct_bias(world.vectors, direction, ["unknown"])


def slow_debias(unit, axis, keep, equalise, words):
    """The formulas of the paper, word by word."""
    found = {}
    for word, vector in zip(words, unit.astype(np.float64), strict=True):
        flat = vector - (vector @ axis) * axis
        found[word] = vector if word in keep else flat / np.linalg.norm(flat)
    for pair in equalise:
        one, other = (unit[words.index(word)].astype(np.float64) for word in pair)
        middle = (one + other) / 2
        middle_b = (middle @ axis) * axis
        v = middle - middle_b
        for word, vector in zip(pair, (one, other), strict=True):
            along = (vector @ axis) * axis - middle_b
            found[word] = v + np.sqrt(1 - v @ v) * along / np.linalg.norm(along)
    return np.array([found[word] for word in words])


def test_debias_is_the_formula_of_the_paper(world, direction):
    words = list(world.vectors.words)
    keep = {word for pair in PAIRS for word in pair} | {"judge"}
    before = world.vectors.matrix.copy()
    after = debias(world.vectors, direction, keep=keep, equalise=PAIRS[:3])
    expected = slow_debias(world.vectors.unit, direction.vector, keep, PAIRS[:3], words)
    np.testing.assert_allclose(after.matrix, expected, atol=2e-6)
    np.testing.assert_array_equal(world.vectors.matrix, before)
    assert after.words == world.vectors.words and after.matrix.dtype == np.float32


def test_neutral_words_are_as_near_to_both_words_of_a_pair(world, direction):
    keep = {word for pair in PAIRS for word in pair}
    after = debias(world.vectors, direction, keep=keep, equalise=PAIRS)
    neutral = [row for word, row in after.index.items() if word not in keep]
    for one, other in PAIRS:
        near = after.unit[neutral] @ np.stack([after[one], after[other]], axis=1)
        np.testing.assert_allclose(near[:, 0], near[:, 1], atol=1e-6)
    assert np.abs(after.unit[neutral] @ direction.vector).max() < 1e-6
    np.testing.assert_allclose(np.linalg.norm(after.matrix, axis=1), 1, atol=1e-6)
    # What lies beside the direction keeps its place.
    flat = world.vectors.unit[neutral] - np.outer(
        world.vectors.unit[neutral] @ direction.vector, direction.vector
    )
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    np.testing.assert_allclose(after.unit[neutral], flat, atol=1e-6)


def test_capitals_go_with_their_pair_and_empty_vectors_stay(direction, world):
    words = ("She", "He", "none", "only")
    generator = np.random.default_rng(0)
    matrix = generator.normal(size=(4, len(direction.vector))).astype(np.float32)
    matrix[2] = 0
    matrix[3] = 3 * direction.vector
    after = debias(
        WordVectors(words, matrix), direction, keep={"She", "He"}, equalise=[("she", "he")]
    )
    middle = after["She"] + after["He"]
    assert abs(middle @ direction.vector) < 1e-6
    assert not after["none"].any() and not after["only"].any()


def test_gendered_words_are_recognised_from_a_few():
    # Gendered words share a trait (the last number), as queens and aunts do.
    generator = np.random.default_rng(0)
    gendered = [f"g{i}" for i in range(60)]
    words = (*gendered, *(f"n{i}" for i in range(300)), "Mary", "nurse")
    matrix = generator.normal(size=(len(words), 10)).astype(np.float32)
    matrix[:, -1] = 0
    matrix[:60, -1] = 6
    matrix[-1, -1] = 6
    vectors = WordVectors(words, matrix)
    options = {"names": ["mary"], "neutral": ["nurse"]}
    found = expand_specific(vectors, [*gendered[:40], "unknown"], **options)
    assert found >= {*gendered[:40], "Mary"}
    assert "nurse" not in found
    others = found - {*gendered, "Mary"}
    assert len(found & set(gendered[40:])) >= 15 and len(others) <= 5
    # Too few words teach nothing; they are kept all the same.
    assert expand_specific(vectors, gendered[:9], **options) == {*gendered[:9], "Mary"}
    assert "nurse" in expand_specific(vectors, ["nurse"], neutral=["nurse"])
