"""Cleaning counts each pair left out once; splitting keeps sentences apart."""

from collections import Counter

import pytest

from apps.translation.corpus.cleaning import REASONS, Cleaning, cleaned, told_counts
from apps.translation.corpus.pair import Pair, sentence_key
from apps.translation.corpus.splitting import held_out_keys, source_keys
from shared.errors import DataError


@pytest.mark.parametrize(
    ("pair", "fault"),
    [
        (("Hello.", "Bonjour."), ""),
        (("", "Bonjour."), "empty"),
        (("Hello.", "\u00a0 "), "empty"),
        (("a b c d e f", "a b c d e f g h i"), ""),
        (("w " * 10, "x " * 10), ""),
        (("w " * 11, "x " * 9), "too_long"),
        (("w " * 9, "x " * 11), "too_long"),
        (("語" * 40, "x" * 40), ""),
        (("語" * 41, "x" * 30), "too_long"),
        (("a" * 5, "b" * 20), ""),  # 30 / 15
        (("a" * 5, "b" * 21), "unequal"),
        (("b" * 21, "a" * 5), "unequal"),
        (("OK Computer", "ok  computer"), "copy"),
    ],
)
def test_the_first_rule_a_pair_breaks(pair, fault):
    rules = Cleaning(max_words=10, max_characters=40, max_ratio=2.0)
    assert rules.fault(Pair(*pair)) == fault


def test_copies_may_be_kept():
    assert Cleaning(copies="keep").fault(Pair("Paris", "Paris")) == ""


def test_impossible_limits_are_refused():
    with pytest.raises(DataError, match="received 0, 1500 and 4"):
        Cleaning(max_words=0)


def test_repeated_pairs_are_counted_across_files():
    seen, counts = set(), Counter()
    first = [Pair("a", "b"), Pair("a", "c"), Pair("a", "b"), Pair("", "x")]
    second = [Pair("a", "c"), Pair("d", "e")]
    kept = [list(cleaned(pairs, Cleaning(), seen=seen, counts=counts)) for pairs in (first, second)]
    assert kept == [[Pair("a", "b"), Pair("a", "c")], [Pair("d", "e")]]
    assert counts == {"read": 6, "duplicate": 2, "empty": 1}


def test_the_sentence_about_it_adds_up():
    counts = {reason: 10**place for place, reason in enumerate(REASONS)}
    said = told_counts({"read": 2_000_000, **counts})
    assert said == (
        "2,000,000 training pairs read, 888,889 kept; left out: 1 empty, 10 too long, 100 of "
        "unequal length, 1,000 untranslated, 10,000 repeated, 100,000 of validation or test "
        "sentences, 1,000,000 with characters the earlier run does not know."
    )
    assert told_counts({"read": 2}) == "2 training pairs read, 2 kept; left out: none."
    assert told_counts({"read": 2, "empty_test": 1}).endswith(
        "none. Given pairs with an empty side left out: 1 of test."
    )


PAIRS = [Pair(f"Sentence {n // 2}.", f"Phrase {n}.") for n in range(400)]


def test_the_choice_depends_on_seed_and_sentences_alone():
    first = held_out_keys(PAIRS, validation=15, test=12, seed=4)
    assert [len(keys) for keys in first] == [15, 12] and not first[0] & first[1]
    assert first[0] | first[1] <= source_keys(PAIRS)
    assert first == held_out_keys(PAIRS[::-1] + PAIRS[:7], validation=15, test=12, seed=4)
    assert first != held_out_keys(PAIRS, validation=15, test=12, seed=5)
    assert held_out_keys(PAIRS, validation=15, test=12, seed=-1) != first


def test_the_choice_is_even():
    # Each of 200 sentences is expected 5 times in 100 draws of 10.
    drawn = Counter(
        key
        for seed in range(100)
        for key in held_out_keys(PAIRS, validation=10, test=0, seed=seed)[0]
    )
    assert drawn.total() == 1000 and len(drawn) > 190 and max(drawn.values()) < 15


def test_at_most_a_tenth_and_at_least_one():
    validation, test = held_out_keys(PAIRS, validation=1000, test=1000, seed=0)
    assert (len(validation), len(test)) == (20, 20)
    few = [Pair(letter, letter) for letter in "abc"]
    assert [len(keys) for keys in held_out_keys(few, validation=9, test=9, seed=0)] == [1, 1]
    with pytest.raises(DataError, match="at least 3 different source sentences"):
        held_out_keys([*few[:2], Pair("A", "x")], validation=9, test=9, seed=0)


def test_keys_are_of_sentences_not_of_spellings():
    assert source_keys([Pair("Go on!", "a"), Pair("go  on!", "b")]) == {sentence_key("Go on!")}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("STRASSE", "stra\u00dfe"),
        ("caf\u00e9", "cafe\u0301"),
        ("wait\u2026", "wait..."),
        ("\ufb01ve", "FIVE"),
        ("so\u00adft", "soft"),
        ("\ufeffHi\u200b!", "hi!"),
        ("\uff21\uff11", "a1"),
    ],
)
def test_spellings_that_look_alike_are_one_sentence(one, other):
    assert sentence_key(one) == sentence_key(other) != sentence_key(other + "x")
