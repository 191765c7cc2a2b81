"""Words and sentences against a slow reader of single characters, and against `shared.text`."""

import random
import sys
import time

import pytest

from apps.word_analogies.corpus.tokens import Tokeniser, lower_case
from shared.errors import ConfigError
from shared.text.words import PUNCTUATION, lower_table, split_sentences, split_words

LETTERS = "abzséßΣσıअि日"  # noqa: RUF001
JOINERS = "-_'’"  # noqa: RUF001
NASTY = LETTERS + "LdqusS019" + JOINERS + '.,!?) "/&$#\t\u00a0\u200b\u00ad‹。'  # noqa: RUF001


def words(text, **options):
    return [word for sentence in Tokeniser(**options).sentences(text) for word in sentence]


def slow_words(text):
    """The rules, one character after the other; elisions and possessives are not in it."""
    cuts = set("!\"#$%&()*+,./:;<=>?@[\\]^`{|}~-_'") | set(PUNCTUATION) | set(" \t\u00a0\u200b")
    text = text.replace("\u00ad", "").replace("’", "'")  # noqa: RUF001
    found, word = [], ""
    for place, letter in enumerate(text):
        before, after = text[place - 1 : place], text[place + 1 : place + 2]
        inside = bool(word) and bool(after) and after not in cuts and before not in cuts
        digits = bool(before) and before in "0123456789" and bool(after) and after in "0123456789"
        if letter not in cuts:
            word += letter
        elif inside and (letter in "-_'" or (letter in ".," and digits)):
            word += letter
        else:
            found, word = [*found, word], ""
    return [word for word in [*found, word] if word]


def random_texts(alphabet, count, *, seed):
    chance = random.Random(seed)
    return ["".join(chance.choices(alphabet, k=chance.randint(0, 30))) for _ in range(count)]


def test_words_are_those_of_a_slow_reader():
    # Without the letters that an elision or a possessive may consist of.
    alphabet = "".join(letter for letter in NASTY if letter not in "sSLdqu")
    for text in random_texts(alphabet, 5_000, seed=1):
        assert words(text, lower=False) == slow_words(text), text


def test_sentences_are_those_of_the_house():
    for text in random_texts(NASTY.replace("'", "").replace("’", ""), 5_000, seed=2):  # noqa: RUF001
        pieces = [words(sentence, ends="lines") for sentence in split_sentences(text)]
        assert Tokeniser().sentences(text) == [piece for piece in pieces if piece], text


def test_a_typed_word_is_the_word_of_the_text():
    for text in random_texts("abzséÉÑ9日अ", 2_000, seed=3):
        typed = "-".join(part for part in (text[:5], text[5:9]) if part)
        assert words(typed) == split_words(typed)
    for same in ("don't", "new_york", "1,000", "3.14", "O'Brien", "mother-in-law"):
        assert words(same) == split_words(same)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the king's men's", ["the", "king", "men"]),
        ("the dogs' bones, James's 's", ["the", "dogs", "bones", "james"]),
        ("it’s his’n 'twas", ["it", "his'n", "twas"]),  # noqa: RUF001
        ("L'homme qu’il aime", ["l", "homme", "qu", "il", "aime"]),  # noqa: RUF001
        ("aujourd'hui jusqu'ici c'est", ["aujourd'hui", "jusqu", "ici", "c", "est"]),
        ("can't 'quoted' rock'n'roll", ["can't", "quoted", "rock'n'roll"]),
        ("and/or e.g. U.S. a--b -x- __y__", ["and", "or", "e", "g", "u", "s", "a", "b", "x", "y"]),
        ("1,000.5 1,a a.1 $5 50% 3.", ["1,000.5", "1", "a", "a", "1", "5", "50", "3"]),
        ("co\u00adoperate na\u200bive", ["cooperate", "na", "ive"]),
        ("हिन्दी। भाषा", ["हिन्दी", "भाषा"]),
        ("...", []),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_options():
    text = "In 1984, 3.5 of R2D2 and 007. New!"
    assert words(text, numbers="drop") == ["in", "of", "r2d2", "and", "new"]
    assert words(text, numbers="mask")[:5] == ["in", "0000", "0.0", "of", "r0d0"]
    assert Tokeniser(ends="lines").sentences("One. Two.") == [["one", "two"]]
    assert Tokeniser(lower=False).sentences("One. TWO's") == [["One"], ["TWO"]]
    plain = Tokeniser(split="whitespace")
    assert plain.sentences("A b. Don't\u2003</s> -- ") == [["a", "b.", "don't", "</s>", "--"]]
    assert plain.sentences(" ") == []


def test_long_sentences_are_cut():
    cut = Tokeniser(max_sentence=3)
    assert cut.sentences("a b c d e f. g h i j") == [list("abc"), list("def"), list("ghi"), ["j"]]
    assert max(map(len, Tokeniser().sentences("x y " * 250_000))) == 1000
    with pytest.raises(ConfigError, match="max_sentence=0"):
        Tokeniser(max_sentence=0)


def test_lower_case_is_that_of_the_house_for_every_code_point():
    table = lower_table()
    everything = "".join(map(chr, range(sys.maxunicode + 1)))
    # The sigma is lower-cased otherwise at the end of a word, so each stands there once.
    for text in (everything, "a".join("ΑΣ Σ. ΣΣ İI")):
        assert lower_case(text) == text.translate(table)


@pytest.mark.parametrize("part", [".", "'", '.")', "1,", "-", "l'", "'s", "a-", ".\u00ad"])
def test_a_hostile_line_takes_no_longer(part):
    # A quadratic search would take hours; processor time says nothing of the machine's load.
    start = time.process_time()
    Tokeniser().sentences(part * 500_000)
    assert time.process_time() - start < 20
