"""Analogy scores against gensim's own evaluation and against slow loops."""

import numpy as np
import pytest
from gensim.models import KeyedVectors

from apps.word_analogies.evaluation import analogies
from apps.word_analogies.evaluation.analogies import answer_rows, score_analogies
from apps.word_analogies.testsets import AnalogySet, builtin
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError


def gensim_vectors(vectors: WordVectors) -> KeyedVectors:
    keyed = KeyedVectors(vectors.size)
    keyed.add_vectors(list(vectors.words), vectors.matrix)
    return keyed


def gensim_tallies(vectors, test_set, tmp_path, limit=None) -> dict[str, tuple[int, int]]:
    lines = []
    for section, questions in test_set.sections.items():
        lines += [f": {section}", *(" ".join(question) for question in questions)]
    path = tmp_path / "questions.txt"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    _, sections = gensim_vectors(vectors).evaluate_word_analogies(str(path), restrict_vocab=limit)
    return {
        one["section"]: (len(one["correct"]), len(one["correct"]) + len(one["incorrect"]))
        for one in sections
    }


def related_vectors(words, pairs, *, size, noise, seed) -> WordVectors:
    """Vectors in which d = c + (b - a) holds up to noise, so that some answers are right."""
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((len(words), size))
    index = {word: row for row, word in enumerate(words)}
    step = 2 * rng.standard_normal(size)
    for one, other in pairs:
        near = matrix[index[one]] + step + noise * rng.standard_normal(size)
        matrix[index[other]] = near
    return WordVectors(tuple(words), matrix.astype(np.float32))


@pytest.fixture(scope="module")
def cased():
    """Words of which some come in several cases, in a shuffled order, and questions on them."""
    rng = np.random.default_rng(3)
    pairs = [(f"Capital{i}", f"country{i}") for i in range(12)]
    words = [word for pair in pairs for word in pair] + [f"other{i}" for i in range(150)]
    words += [word.upper() for word in words[:14]] + [word.lower() for word in words[:6:2]]
    words = [words[i] for i in rng.permutation(len(words))]
    vectors = related_vectors(words, pairs, size=24, noise=1.3, seed=3)
    # The variants are near their words, so that they are what an unaware search would answer.
    rows = {word.lower(): row for row, word in enumerate(words)}
    for row, word in enumerate(words):
        vectors.matrix[row] += vectors.matrix[rows[word.lower()]]
    questions = [(*a, *b) for a in pairs for b in pairs if a != b]
    test_set = AnalogySet(
        "cased",
        {
            "one": questions[:40],
            "two": [*questions[40:], ("Capital0", "country0", "nowhere", "country1")],
            "unknown": [("a", "b", "c", "d")],
        },
    )
    return WordVectors(vectors.words, vectors.matrix.copy()), test_set


@pytest.mark.parametrize("limit", [None, 120, 60])
def test_same_as_gensim_with_duplicates_by_case(cased, tmp_path, limit):
    vectors, test_set = cased
    scores = score_analogies(vectors, test_set, limit=limit)
    expected = gensim_tallies(vectors, test_set, tmp_path, limit)
    total = expected.pop("Total accuracy")
    assert {n: (t.right, t.answerable) for n, t in scores.sections.items()} == expected
    assert (scores.right, scores.answerable) == total
    assert scores.asked == 134
    if limit is None:
        # Neither all nor none is right, so the comparison says something.
        assert 20 < scores.right < 120
        assert scores.accuracy_percent == pytest.approx(100 * scores.right / 132)
        assert scores.coverage_percent == pytest.approx(100 * 132 / 134)
        assert np.isnan(scores.sections["unknown"].accuracy_percent)


def test_same_as_gensim_on_the_published_questions(tmp_path):
    published = builtin("questions-words.txt")
    test_set = AnalogySet("part", {name: part[::12] for name, part in published.sections.items()})
    pairs = {pair for question in published.questions for pair in (question[:2], question[2:])}
    words = sorted({word for pair in pairs for word in pair}) + [f"w{i}" for i in range(2000)]
    words = [words[i] for i in np.random.default_rng(1).permutation(len(words))]
    vectors = related_vectors(words, sorted(pairs), size=20, noise=0.7, seed=1)
    scores = score_analogies(vectors, test_set)
    expected = gensim_tallies(vectors, test_set, tmp_path)
    assert (scores.right, scores.answerable) == expected["Total accuracy"]
    assert 200 < scores.right < scores.answerable == len(test_set)


def slow_answer(unit, a, b, c, method):
    cosine = unit @ unit[[a, b, c]].T
    if method == "3CosAdd":
        score = cosine[:, 1] - cosine[:, 0] + cosine[:, 2]
    else:
        near = (cosine + 1) / 2
        score = near[:, 1] * near[:, 2] / (near[:, 0] + 0.001)
    score[[a, b, c]] = -np.inf
    return int(np.argmax(score))


@pytest.mark.parametrize("method", ["3CosAdd", "3CosMul"])
@pytest.mark.parametrize("blocks", [(7, 5), (64, 1000), (1024, 256)])
def test_answers_are_those_of_a_slow_loop(monkeypatch, method, blocks):
    monkeypatch.setattr(analogies, "WORDS_AT_ONCE", blocks[0])
    monkeypatch.setattr(analogies, "QUESTIONS_AT_ONCE", blocks[1])
    rng = np.random.default_rng(5)
    matrix = rng.standard_normal((150, 6)).astype(np.float32)
    unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    triples = rng.integers(0, 150, (400, 3))
    triples[1] = triples[0]
    triples[2] = (4, 4, 9)
    expected = [slow_answer(unit, *triple, method) for triple in triples]
    assert answer_rows(unit, triples, method=method).tolist() == expected


@pytest.mark.filterwarnings("ignore:Call to deprecated:DeprecationWarning")
def test_the_methods_differ_and_3cosmul_is_that_of_gensim(monkeypatch):
    rng = np.random.default_rng(6)
    words = tuple(f"w{i}" for i in range(300))
    vectors = WordVectors(words, rng.standard_normal((300, 5)).astype(np.float32))
    triples = rng.permutation(300)[:90].reshape(30, 3)
    keyed = gensim_vectors(vectors)
    theirs = [
        keyed.most_similar_cosmul([words[b], words[c]], [words[a]], topn=1)[0][0]
        for a, b, c in triples
    ]
    product = answer_rows(vectors.unit, triples, method="3CosMul")
    assert np.mean(product == answer_rows(vectors.unit, triples, method="3CosAdd")) < 0.9
    # gensim's epsilon is not the paper's.
    monkeypatch.setattr(analogies, "EPSILON", 0.000001)
    product = answer_rows(vectors.unit, triples, method="3CosMul")
    assert [words[row] for row in product] == theirs


def test_opposite_and_empty_vectors_stay_finite():
    unit = np.array([[1, 0], [-1, 0], [0, 1], [0, 0]], np.float32)
    with np.errstate(all="raise"):
        assert answer_rows(unit, np.array([[0, 1, 2]]), method="3CosMul").tolist() == [3]
    assert answer_rows(unit[:3], np.array([[0, 1, 2]])).tolist() == [-1]


def test_a_set_without_a_known_word_is_refused():
    vectors = WordVectors(("a", "b"), np.eye(2, dtype=np.float32))
    with pytest.raises(DataError, match=r"of french .*received 1 questions of which none has"):
        score_analogies(vectors, AnalogySet("french", {"s": [("roi", "reine", "a", "b")]}))
