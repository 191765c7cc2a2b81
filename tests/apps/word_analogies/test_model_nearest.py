"""The search in the table against gensim's, and at its edges."""

import numpy as np
import pytest
from gensim.models import KeyedVectors

from apps.word_analogies.model import (
    NO_WORDS,
    NearestWords,
    build_query_model,
    get_vectors,
    put_vectors,
)
from apps.word_analogies.vectors import WordVectors
from shared.testing.compare_backends import compare_backends
from shared.testing.layer_case import LayerCase

WORDS, SIZE, ANSWERS = 60, 8, 7


def make_vectors(words=WORDS, *, seed=0):
    chance = np.random.default_rng(seed)
    matrix = chance.normal(size=(words, SIZE)) * chance.uniform(0.1, 9, size=(words, 1))
    return WordVectors(tuple(f"w{n}" for n in range(words)), matrix.astype(np.float32))


def make_model(vectors, *, answers=ANSWERS):
    model = build_query_model(words=len(vectors), vector_size=vectors.size, answers=answers)
    put_vectors(model, vectors)
    return model


def ask(model, *queries):
    """Asks for lists of signed ids, (row + 1) * sign, of different lengths."""
    longest = max(map(len, queries))
    ids = np.zeros((len(queries), longest), np.int32)
    signs = np.zeros(ids.shape, np.float32)
    for row, query in enumerate(queries):
        ids[row, : len(query)] = [abs(term) - 1 + NO_WORDS for term in query]
        signs[row, : len(query)] = np.sign(query)
    return model.predict_on_batch({"term_ids": ids, "term_signs": signs})


@pytest.fixture(scope="module")
def vectors():
    return make_vectors()


@pytest.fixture(scope="module")
def model(vectors):
    return make_model(vectors)


@pytest.fixture(scope="module")
def queries():
    chance = np.random.default_rng(4)
    found = [[1], [2, 3], [-4], [5, -6, 7], [8, 8, -9]]
    for _ in range(40):
        terms = chance.choice(WORDS, size=chance.integers(1, 9), replace=False) + 1
        found.append((terms * chance.choice([-1, 1], len(terms))).tolist())
    return found


def test_answers_are_those_of_gensim(vectors, model, queries):
    reference = KeyedVectors(SIZE)
    reference.add_vectors(list(vectors.words), vectors.matrix)
    found = ask(model, *queries)
    assert found["word_ids"].shape == (len(queries), ANSWERS)
    for row, query in enumerate(queries):
        positive = [vectors.words[term - 1] for term in query if term > 0]
        negative = [vectors.words[-term - 1] for term in query if term < 0]
        expected = reference.most_similar(positive=positive, negative=negative, topn=ANSWERS)
        words = [vectors.words[word - NO_WORDS] for word in found["word_ids"][row]]
        assert words == [word for word, _ in expected]
        cosines = [cosine for _, cosine in expected]
        np.testing.assert_allclose(found["similarities"][row], cosines, atol=1e-5)


def test_terms_are_no_answer_and_are_compared_with_the_sum(vectors, queries):
    found = ask(make_model(vectors, answers=WORDS), *queries)
    for row, query in enumerate(queries):
        terms = {abs(term) - 1 + NO_WORDS for term in query}
        answers = [word for word in found["word_ids"][row].tolist() if word]
        # Every other word is one, once.
        assert sorted(answers) == [n for n in range(NO_WORDS, WORDS + NO_WORDS) if n not in terms]
        unit = np.array([vectors.unit[abs(term) - 1].astype(np.float64) for term in query])
        total = np.sign(query) @ unit
        expected = unit @ (total / np.linalg.norm(total))
        shown = found["term_similarities"][row]
        np.testing.assert_allclose(shown[: len(query)], expected, atol=1e-5)
        assert not shown[len(query) :].any()


def test_a_batch_is_answered_as_one_by_one(model, queries):
    together = ask(model, *queries)
    for row, query in enumerate(queries):
        alone = ask(model, query)
        np.testing.assert_array_equal(alone["word_ids"][0], together["word_ids"][row])
        np.testing.assert_allclose(alone["similarities"][0], together["similarities"][row], 1e-5)


def test_an_unknown_word_gives_no_answer(model):
    # Row 0 stands for the unknown word, whose id is 1.
    found = ask(model, [1, 0, 2], [1, 2])
    assert found["word_ids"][0].tolist() == [0] * ANSWERS
    assert found["similarities"][0].tolist() == [0] * ANSWERS
    assert (found["word_ids"][1] >= NO_WORDS).all()


def test_fewer_words_than_answers():
    model = make_model(make_vectors(3), answers=10)
    found = ask(model, [1, -2], [3], [1, 2, 3])
    rows = [[word for word in row if word] for row in found["word_ids"].tolist()]
    assert rows[0] == [4] and sorted(rows[1]) == [2, 3] and rows[2] == []
    assert not found["similarities"][found["word_ids"] == 0].any()


def test_a_word_without_direction_is_like_nothing():
    vectors = make_vectors(6)
    matrix = vectors.matrix.copy()
    matrix[3] = 0
    found = ask(make_model(vectors.replaced(matrix), answers=5), [4], [1], [1, -1])
    assert not found["similarities"][[0, 2]].any()
    assert not found["term_similarities"][[0, 2]].any()
    row = found["word_ids"][1].tolist()
    assert found["similarities"][1, row.index(3 + NO_WORDS)] == 0
    assert all(np.isfinite(array).all() for array in found.values())


def test_no_words_have_no_answer(model):
    found = model.predict_on_batch(
        {"term_ids": np.zeros((1, 2), np.int32), "term_signs": np.zeros((1, 2), np.float32)}
    )
    assert not any(array.any() for array in found.values())


def test_vectors_come_back_as_they_were_put_in(vectors, model):
    np.testing.assert_allclose(get_vectors(model), vectors.matrix, rtol=1e-6)
    layer = model.get_layer("nearest_words")
    ids = np.array([NO_WORDS + 5, 1, 0], np.int32)
    shown = np.asarray(layer.vectors(ids))
    np.testing.assert_allclose(shown[0], vectors.matrix[5], rtol=1e-6)
    assert not shown[1:].any()


def test_other_backends_answer_the_same():
    init = {"vocabulary_size": 20, "vector_size": SIZE, "answers": 4}
    inputs = {
        "term_ids": np.array([[2, 3, 4], [5, 1, 0], [6, 0, 0]], np.int32),
        "term_signs": np.array([[1, -1, 1], [1, 1, 0], [-1, 0, 0]], np.float32),
    }
    compare_backends([LayerCase(cls=NearestWords, init=init, inputs=inputs)])


def test_the_layer_tells_its_settings():
    layer = NearestWords(vocabulary_size=20, vector_size=SIZE, answers=4)
    again = NearestWords.from_config(layer.get_config())
    assert (again.vocabulary_size, again.vector_size, again.answers) == (20, SIZE, 4)
