import pytest

from apps.word_analogies.query import MOST_TERMS, Query, Term, example_queries, parse_query
from shared.errors import DataError


def terms(*signed):
    """Terms of words; one with a minus before it is subtracted."""
    return tuple(Term(word.removeprefix("-"), -1 if word[0] == "-" else 1) for word in signed)


@pytest.mark.parametrize(
    "line, expected",
    [
        ("king", terms("king")),
        ("  King ", terms("King")),
        ("king - man + woman", terms("king", "-man", "woman")),
        ("king-man+woman", terms("king-man+woman")),
        # A minus that touches its word belongs to it, whichever dash was typed.
        ("king −man", terms("king", "−man")),  # noqa: RUF001
        ("c++ - u.s. + 1,000", terms("c++", "-u.s.", "1,000")),
        ("don\u2019t", terms("don't")),
        ("king — man + woman", terms("king", "-man", "woman")),
        ("king – man", terms("king", "-man")),  # noqa: RUF001
        ("- king + queen", terms("-king", "queen")),
        ("+ king + queen", terms("king", "queen")),
        ("king queen", terms("king", "queen")),
        ("king - - queen", terms("king", "-queen")),
        ("king - + queen", terms("king", "queen")),
        ("well-known +Rome", terms("well-known", "+Rome")),
        ("-5 - -7", (Term("-5", 1), Term("-7", -1))),
        ("don't - \"can't\"!", terms("don't", '-"can\'t"!')),
        ("new_york - usa", terms("new_york", "-usa")),
        ("👑 - 👨 + 👩", terms("👑", "-👨", "👩")),
        ("koning\u00a0-\u2003man", terms("koning", "-man")),
        (b"\xef\xbb\xbfking", terms("king")),
        ({"query": "été - hiver"}, terms("été", "-hiver")),
    ],
)
def test_sums(line, expected):
    assert parse_query(line) == Query("nearest", expected)


@pytest.mark.parametrize(
    "line, kind, expected",
    [
        ("king ~ queen", "similarity", terms("king", "queen")),
        ("well-known ~ famous", "similarity", terms("well-known", "famous")),
        ("a, b, c", "odd_one_out", terms("a", "b", "c")),
        ("a, b,\nc, 1,000,", "odd_one_out", terms("a", "b", "c", "1,000")),
    ],
)
def test_other_kinds(line, kind, expected):
    assert parse_query(line) == Query(kind, expected)


@pytest.mark.parametrize(
    "query, text",
    [
        (Query("nearest", terms("king", "-man", "woman")), "king - man + woman"),
        (Query("nearest", terms("-man", "woman")), "- man + woman"),
        (Query("similarity", terms("king", "queen")), "king ~ queen"),
        (Query("odd_one_out", terms("a", "b", "c")), "a , b , c"),
    ],
)
def test_a_query_as_a_line_means_the_same(query, text):
    assert query.text == text
    assert parse_query(text) == query


@pytest.mark.parametrize(
    "raw, said",
    [
        ("", "without words"),
        (" - + ", "without words"),
        ("~", "without words"),
        ("king\0man", "NUL"),
        (b"king \xff", "0xff at column 6"),
        (5, "received int"),
        (None, "received NoneType"),
        (["king"], "received list"),
        ({"query": 7}, "received int"),
        ({"querry": "king"}, "did you mean 'query'"),
        ({}, "other fields"),
        ({"query": "king", "more": 1}, "other fields"),
        ("king ~", "two words around the ~, received 1"),
        ("king ~ queen ~ man", "two words around the ~, received 3"),
        ("king ~ queen + man", "mixture"),
        ("king, queen - man, boy", "mixture"),
        ("king ~ queen, man", "two words around the ~, received 3"),
        ("king, - queen, man", "mixture"),
        ("king, \u200b-\u200b queen, man", "mixture"),
        ("king — queen, man", "mixture"),
        ("king, queen", "three words or more"),
        (",", "without words"),
        ("w " * (MOST_TERMS + 1), "at most 32 words, received 33"),
    ],
)
def test_what_is_no_query_is_refused(raw, said):
    with pytest.raises(DataError) as error:
        parse_query(raw)
    assert said.lower() in str(error.value).lower()


def test_as_many_words_as_there_may_be():
    assert len(parse_query("w " * MOST_TERMS).terms) == MOST_TERMS


@pytest.mark.parametrize("count", [2, 3, 100])
def test_examples_are_queries_in_words_of_the_vocabulary(count):
    words = [f"w{number}" for number in range(count)]
    queries = example_queries(words)
    assert {query.kind for query in queries} == {"nearest", "similarity", "odd_one_out"}
    assert max(len(query.terms) for query in queries) == MOST_TERMS
    for query in queries:
        assert parse_query(query.text) == query
        assert {term.word for term in query.terms} <= {*words, "zzyzx"}


@pytest.mark.parametrize("word", ["</s>", ",", "+", "1,000", "c++", "u.s.", "~", "a,"])
def test_examples_are_asked_with_words_that_can_be(word):
    for query in example_queries([word, "king", word + "s", "queen", word]):
        assert parse_query(query.text) == query
