"""Answers that a person reads, from vectors whose neighbours are known."""

from dataclasses import replace

import numpy as np
import pytest
from gensim.models import KeyedVectors

from apps.word_analogies.answer import answer
from apps.word_analogies.app import WordAnalogies
from apps.word_analogies.config import PRESETS
from apps.word_analogies.model import put_vectors
from apps.word_analogies.preprocessing import WordList
from apps.word_analogies.query import parse_query
from apps.word_analogies.vectors import WordVectors
from shared.bundle import Bundle

WORDS = ("king", "queen", "man", "woman", "breakfast", "cereal", "dinner", "été", "against")


def make_bundle(words, matrix, folder, *, lower=True, answers=4):
    app = WordAnalogies()
    config = replace(PRESETS["smoke"], answers=answers)
    config = replace(config, vectors=replace(config.vectors, size=matrix.shape[1]))
    vectors = WordVectors(words, matrix.astype(np.float32))
    word_list = WordList(words, np.ones(len(words), np.int64), lower=lower)
    model = app.build_model(config, word_list)
    put_vectors(model, vectors)
    return Bundle(app, config, word_list, model, {}, folder)


@pytest.fixture(scope="module")
def matrix():
    matrix = np.random.default_rng(1).normal(size=(len(WORDS), 5)).astype(np.float32)
    matrix[-1] = -2 * matrix[0]  # "against" is the opposite of "king".
    return matrix


@pytest.fixture(scope="module")
def reference(matrix):
    vectors = KeyedVectors(matrix.shape[1])
    vectors.add_vectors(list(WORDS), matrix)
    return vectors


@pytest.fixture(scope="module")
def bundle(matrix, tmp_path_factory):
    return make_bundle(WORDS, matrix, tmp_path_factory.mktemp("bundle"))


def test_a_sum_has_the_nearest_word_and_its_neighbours(bundle, reference):
    (result,) = bundle.predict(["King - man + WOMAN"])
    expected = reference.most_similar(positive=["king", "woman"], negative=["man"], topn=4)
    shown = [(one["word"], pytest.approx(one["similarity"], abs=1e-5))
             for one in result["neighbours"]]  # fmt: skip
    assert expected == shown
    assert result["answer"] == expected[0][0]
    assert result["similarity"] == result["neighbours"][0]["similarity"]
    assert "error" not in result


@pytest.mark.parametrize(
    "pair", [("king", "queen"), ("man", "été"), ("king", "king"), ("king", "against")]
)
def test_the_likeness_of_two_words_is_their_cosine(bundle, reference, pair):
    (result,) = bundle.predict([" ~ ".join(pair)])
    expected = reference.similarity(*pair)
    assert result["similarity"] == pytest.approx(expected, abs=1e-5)
    assert result["answer"] == f"{result['similarity']:.4f}"
    assert -1 <= result["similarity"] <= 1 + 1e-6


@pytest.mark.parametrize("words", [WORDS[:3], WORDS[2:7], WORDS[:8][::-1]])
def test_the_odd_one_out_is_that_of_gensim(bundle, reference, words):
    (result,) = bundle.predict([", ".join(words)])
    assert result["answer"] == reference.doesnt_match(words)
    assert {one["word"] for one in result["words"]} == set(words)
    cosines = [one["similarity"] for one in result["words"]]
    assert cosines == sorted(cosines) and result["similarity"] == cosines[0]


def test_unknown_words_are_named_once_with_a_near_one(bundle):
    (result,) = bundle.predict(["kingg - zzyzx + kingg + man"])
    assert result["unknown_words"] == ["kingg", "zzyzx"]
    assert "received unknown ones: kingg, zzyzx." in result["error"]
    assert result["error"].endswith("Did you mean 'king'?")
    assert "answer" not in result


def test_one_bad_query_leaves_the_others_alone(bundle):
    good, bad, other, unknown = bundle.predict(["king", "", b"queen", "king ~ quuxuu"])
    assert good["answer"] == bundle.predict(["king"])[0]["answer"]
    assert "without words" in bad["error"]
    assert other["answer"] == bundle.predict(["queen"])[0]["answer"]
    assert unknown["unknown_words"] == ["quuxuu"]


def test_a_batch_is_answered_as_one_by_one(bundle):
    lines = ["king", "king ~ queen", "man, dinner, cereal, été", "king - man + woman - dinner"]
    together = answer(bundle, [parse_query(line) for line in lines])
    assert together["terms"].shape == (4, 4)
    for row, line in enumerate(lines):
        alone = answer(bundle, [parse_query(line)])
        for name in ("words", "similarities"):
            assert alone[name].dtype == together[name].dtype
        np.testing.assert_array_equal(alone["words"][0], together["words"][row])
        size = alone["terms"].shape[1]
        np.testing.assert_array_equal(alone["terms"][0], together["terms"][row, :size])
        assert not any(together["terms"][row, size:]) and not together["known"][row, size:].any()


def test_the_types_are_those_of_the_served_graph(bundle):
    found = answer(bundle, [parse_query("king - zzyzx")])
    assert found["known"].dtype == np.int32 and found["known"].tolist() == [[1, 0]]
    assert found["similarities"].dtype == found["term_similarities"].dtype == np.float32
    assert found["words"].tolist() == [[b""] * 4]


def test_a_cased_vocabulary_keeps_the_case_of_a_query(tmp_path):
    words = ("Paris", "paris", "Rome", "PARIS")
    bundle = make_bundle(words, np.eye(4) + 0.1, tmp_path, lower=False)
    found = answer(bundle, [parse_query("Paris - paris + Rome"), parse_query("ROME")])
    assert found["terms"][0].tolist() == [b"Paris", b"paris", b"Rome"]
    assert found["known"].tolist() == [[1, 1, 1], [0, 0, 0]]
    assert found["words"][0].tolist() == [b"PARIS", b"", b"", b""]


def test_lower_casing_is_that_of_the_tokeniser(tmp_path):
    bundle = make_bundle(("οδοσ", "été", "i"), np.eye(3) + 0.1, tmp_path)
    found = answer(bundle, [parse_query("ΟΔΟΣ + ÉTÉ + I")])
    assert found["known"].tolist() == [[1, 1, 1]]


def test_details_are_the_words_behind_the_answer(bundle):
    (result,) = bundle.predict(["king"])
    (line,) = bundle.app.details(result)
    assert line.split("  ")[0] == "{word} ({similarity:.3f})".format(**result["neighbours"][1])
    (odd,) = bundle.predict(["king, queen, dinner"])
    assert bundle.app.details(odd)[0].count("(") == 3
    assert bundle.app.details(bundle.predict(["king ~ queen"])[0]) == []


def test_two_words_of_a_vocabulary_have_one_neighbour(tmp_path):
    bundle = make_bundle(("one", "two"), np.eye(2) + 0.5, tmp_path, answers=10)
    (result,) = bundle.predict(["one"])
    assert [one["word"] for one in result["neighbours"]] == ["two"]
    (nothing,) = bundle.predict(["one + two"])
    assert nothing["answer"] == "" and nothing["neighbours"] == []
