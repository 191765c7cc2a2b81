"""The served graph cuts a query as Python does, and answers as the bundle does."""

import random

import numpy as np
import pytest

from apps.word_analogies.query import (
    MOST_TERMS,
    parse_query,
    signed_terms,
    spellings,
    split_tokens,
)
from shared.bundle import load
from shared.errors import DataError
from shared.text.graph import WordTable
from shared.text.words import Vocabulary

tf = pytest.importorskip("tensorflow")
serving = pytest.importorskip("apps.word_analogies.serving")

WORDS = [
    "king",
    "Queen",
    "man",
    "well-known",
    "don't",
    "été",
    "ΟΔΟΣ",
    "İ",
    "ẞ",
    "日本",
    "👩\u200d🚀",
]
ODD = [
    "-", "+", "~", ",", "--", "-5", "+-", "−", "–", "—", "‒", "―", "‐", "‑", "-\u200b",  # noqa: RUF001
    "\u200b", "\u00ad", "\u2009", "\u00a0", "\u3000", "\u2028", "\u200d", "\ufeff", "\ufe0f",
    "\n", "\t", "\x0b", "\x85", "\x1f", " ", "  ", ".", "...", "?!", "(-)", '"-"', "'+'", "_-_",
    "[PAD]", "[UNK]", "\\1", "\\", "$", "^", "e\u0301", "\u0301", "Ǆ", "ﬁ", "\uffff", "\ufffd",
    "\U0010ffff", "\ue000", "%s", "¿", "“", "。", "－", "＋", "～", "，", "*", "`", "{}",  # noqa: RUF001
]  # fmt: skip


def nasty_queries(count, seed):
    chance = random.Random(seed)

    def piece():
        kind = chance.random()
        if kind < 0.4:
            return chance.choice(WORDS) + chance.choice(["", " ", " "])
        if kind < 0.6:
            return chance.choice([" - ", " + ", "-", "+", " ~ ", ", "])
        if kind < 0.95:
            return chance.choice(ODD) + chance.choice(["", " "])
        code = chance.choice([chance.randrange(1, 0xD800), chance.randrange(0xE000, 0x110000)])
        return chr(code)

    lengths = [0, 1, 2, 3, 5, 10, 40, 90]
    return ["".join(piece() for _ in range(chance.choice(lengths))) for _ in range(count)]


@pytest.fixture(scope="module")
def vocabulary():
    """Words as they are, and some that are spelled with marks of their own."""
    lowered = [word.lower() for word in WORDS]
    return Vocabulary(
        dict.fromkeys([*WORDS, *lowered, "...", "(-)", "u.s.", "%s", "king.", "1,000"])
    )


@pytest.fixture(scope="module")
def table(vocabulary, tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "vocabulary.txt"
    vocabulary.save(path)
    return WordTable(path)


def spelled(word, vocabulary, *, lower):
    typed, bare = spellings(word, lower=lower)
    return bare if bare and typed not in vocabulary else typed


@pytest.mark.parametrize("lower", [True, False])
def test_terms_and_signs_are_those_of_python(lower, vocabulary, table):
    queries = nasty_queries(2000, seed=7)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def split(query):
        return serving.split_terms(query, table, lower_words=lower)

    words, signs = split([query.encode() for query in queries])
    assert words.shape == signs.shape == (2000, MOST_TERMS)
    for query, row, sign in zip(queries, words.numpy(), signs.numpy(), strict=True):
        terms = signed_terms(split_tokens(query))[:MOST_TERMS]
        expected = [spelled(term.word, vocabulary, lower=lower) for term in terms]
        shown = [word.decode() for word in row]
        assert shown == expected + [""] * (MOST_TERMS - len(terms)), repr(query)
        expected = [term.sign for term in terms]
        assert sign.tolist() == expected + [0] * (MOST_TERMS - len(terms)), repr(query)


def test_a_parsed_query_says_again_what_was_typed():
    """The line that a server is sent, and the one that was typed, have the same meaning."""
    parsed = 0
    for query in nasty_queries(3000, seed=8):
        try:
            item = parse_query(query)
        except DataError:
            continue
        parsed += 1
        again = parse_query(item.text)
        assert again == item, repr(query)
        assert item.kind == "nearest" or all(term.sign == 1 for term in item.terms), repr(query)
    assert parsed > 800


@pytest.mark.parametrize("queries", [[], [""], ["", " - "], ["", "king"], ["king", ""]])
def test_queries_without_words_are_empty(queries, table):
    words, signs = serving.split_terms(tf.constant(queries, tf.string), table, lower_words=True)
    expected = [[query.encode()] for query in [q.strip(" -") for q in queries]]
    np.testing.assert_array_equal(words.numpy(), np.array(expected, object).reshape(-1, 1))
    np.testing.assert_array_equal(signs.numpy(), [[float(word != b"")] for (word,) in expected]
                                  if queries else np.zeros((0, 1)))  # fmt: skip


@pytest.fixture(scope="module")
def bundle(trained_run):
    return load(trained_run("word_analogies"))


@pytest.fixture(scope="module")
def signatures(bundle):
    return serving.build_served(bundle).signatures


def same(found, expected):
    assert set(found) == set(expected)
    for name, array in found.items():
        value = array.numpy()
        if value.dtype == object:
            np.testing.assert_array_equal(value, expected[name], err_msg=name)
        else:
            assert value.dtype == expected[name].dtype
            np.testing.assert_allclose(value, expected[name], atol=1e-5, err_msg=name)


def test_a_served_query_is_answered_as_by_the_bundle(bundle, signatures):
    chance = random.Random(5)
    known = bundle.preprocessing.words
    lines = ["King - MAN + woman", "king ~ queen", "velsk, tin, king", "zzyzx - king", "king"]
    for _ in range(60):
        some = [chance.choice(known) for _ in range(chance.randrange(1, 7))]
        lines.append(" ".join(chance.choice(["+ ", "- ", ""]) + word.upper() for word in some))
    items = [parse_query(line) for line in lines]
    expected = bundle.outputs(items)
    # As it was typed, and as a client sends it.
    sent = bundle.app.requests(items)["query"]
    same(signatures["serving_default"](tf.constant([line.encode() for line in lines])), expected)
    same(signatures["serving_default"](tf.constant(list(sent))), expected)


def test_analogies_and_neighbours_are_queries(bundle, signatures):
    a, b, c = ["man", "velsk", "zzyzx"], [" Woman ", "ardonia", "king"], ["KING", "quillon", "man"]
    lines = [f"{y} - {x} + {z}" for x, y, z in zip(a, b, c, strict=True)]
    expected = bundle.outputs([parse_query(line) for line in lines])
    found = signatures["analogy"](*(tf.constant(words) for words in (a, b, c)))
    np.testing.assert_array_equal(found["words"], expected["words"])
    np.testing.assert_allclose(found["similarities"], expected["similarities"], atol=1e-5)
    np.testing.assert_array_equal(found["known"], [[1, 1, 1], [1, 1, 1], [0, 1, 1]])
    assert found["words"].numpy()[0, 0] == b"queen"

    expected = bundle.outputs([parse_query(word) for word in c])
    found = signatures["neighbours"](tf.constant([*c, "zzyzx", ""]))
    np.testing.assert_array_equal(found["words"][:3], expected["words"])
    assert found["known"].numpy().tolist() == [1, 1, 1, 0, 0]
    assert set(found["words"].numpy()[3:].reshape(-1)) == {b""}


def test_embed_gives_the_vectors_that_were_trained(bundle, signatures):
    from apps.word_analogies.vectors import vectors_of_bundle

    vectors = vectors_of_bundle(bundle)
    found = signatures["embed"](tf.constant(["King", "zzyzx", "tin", "[PAD]", "[unk]", b"\xff"]))
    assert found["known"].numpy().tolist() == [1, 0, 1, 0, 0, 0]
    np.testing.assert_allclose(found["vector"][0], vectors["king"], rtol=1e-6)
    np.testing.assert_allclose(found["vector"][2], vectors["tin"], rtol=1e-6)
    assert not found["vector"].numpy()[[1, 3, 4, 5]].any()


def test_no_words_make_no_failure(signatures):
    found = signatures["serving_default"](tf.constant(["", " - "]))
    assert found["terms"].numpy().tolist() == [[b""], [b""]]
    assert not found["similarities"].numpy().any()
    assert set(found["words"].numpy().reshape(-1)) == {b""}
