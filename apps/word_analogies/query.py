"""What `predict` is asked: a sum of words, the likeness of two, or which of several is odd.

The served graph reads the same line by the same rules (`apps.word_analogies.serving`); what makes
the three kinds different is only how the answer is read (`apps.word_analogies.answer`).
"""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal, NamedTuple

from shared.data.lines import read_request
from shared.errors import DataError
from shared.text.words import PUNCTUATION, clean, lower_case

Kind = Literal["nearest", "similarity", "odd_one_out"]

MOST_TERMS = 32
PLUS, MINUS, LIKE, COMMA = "+", "-", "~", ","
OPERATORS = (PLUS, MINUS, LIKE, COMMA)
# People type dashes of all lengths for a minus.
DASHES = "[\u2012-\u2015\u2212]"
# Of several commas each is one; what stands before them is the word.
COMMA_BEHIND = ",( |\n|$)"
EXPECTED = (
    'expected words to add and subtract, such as "king - man + woman"; "king ~ queen" for a '
    'similarity; or "breakfast, cereal, dinner" for the odd one out'
)


class Term(NamedTuple):
    """A word and whether it is added (1) or subtracted (-1)."""

    word: str
    sign: int


class Query(NamedTuple):
    """One question: its kind and its words, as typed, in order."""

    kind: Kind
    terms: tuple[Term, ...]

    @property
    def text(self) -> str:
        """The query as a line that means the same."""
        joint = {"similarity": " ~ ", "odd_one_out": " , "}.get(self.kind)
        if joint:
            return joint.join(term.word for term in self.terms)
        signs = {1: PLUS, -1: MINUS}
        return " ".join(f"{signs[sign]} {word}" for word, sign in self.terms).removeprefix("+ ")


def parse_query(raw: Any) -> Query:
    """Reads one raw input.

    Args:
        raw: a line of text (str, or bytes in UTF-8), or a mapping with such a line as "query".
            Blanks stand around + - and ~, since words may hold any of them.

    Raises:
        DataError: it is no text, holds no word or more than 32, or mixes the kinds.

    Example:
    >>> parse_query("king - man + woman").terms
    (Term(word='king', sign=1), Term(word='man', sign=-1), Term(word='woman', sign=1))
    >>> parse_query("breakfast, cereal, dinner").kind
    'odd_one_out'
    """
    text = read_request(raw, field="query", expected=f'{EXPECTED}, or {{"query": ...}}')
    if "\0" in text:
        raise DataError(f"{EXPECTED}, received a NUL character.")
    tokens = split_tokens(text)
    kind: Kind = "similarity" if LIKE in tokens else "odd_one_out" if COMMA in tokens else "nearest"
    terms = signed_terms(tokens)
    if not terms:
        raise DataError(f"{EXPECTED}, received a line without words.")
    if len(terms) > MOST_TERMS:
        raise DataError(f"{EXPECTED}, with at most {MOST_TERMS} words, received {len(terms)}.")
    if kind != "nearest" and {PLUS, MINUS} & set(tokens):
        raise DataError(f"{EXPECTED}, received a mixture: {text.strip()[:60]!r}.")
    if kind == "similarity" and len(terms) != 2:
        raise DataError(f"Expected two words around the ~, received {len(terms)}.")
    if kind == "odd_one_out" and len(terms) < 3:
        raise DataError(
            f"Expected three words or more to find the odd one out, received {len(terms)}; "
            'for the likeness of two, write "king ~ queen".'
        )
    return Query(kind, tuple(terms))


def split_tokens(text: str) -> list[str]:
    """Returns the words and operators of a line; a comma behind a word is one.

    Example:
    >>> split_tokens("1,000, king \u2212 don\u2019t")
    ['1,000', ',', 'king', '-', "don't"]
    """
    plain = clean(text).replace("\u2019", "'")
    spaced = re.sub(COMMA_BEHIND, " , ", plain)
    return [MINUS if re.fullmatch(DASHES, token) else token for token in spaced.split()]


def signed_terms(tokens: Sequence[str]) -> list[Term]:
    """Returns the words among tokens with their signs; a sign holds for the next token alone."""
    return [
        Term(token, -1 if before == MINUS else 1)
        for before, token in pairwise(["", *tokens])
        if token not in OPERATORS
    ]


def spellings(word: str, *, lower: bool) -> tuple[str, str]:
    """Returns how a word may stand in the vocabulary: as typed, and without punctuation around.

    Example:
    >>> spellings("U.S.", lower=True), spellings("(king)?", lower=True)
    (('u.s.', 'u.s'), ('(king)?', 'king'))
    """
    typed = lower_case(word) if lower else word
    return typed, typed.strip(PUNCTUATION)


def example_queries(words: Sequence[str]) -> list[Query]:
    """Returns queries of all kinds and lengths, to check and warm up an export with.

    Args:
        words: of the vocabulary, two or more.
    """
    askable = [word for word in words if _askable(word)] or list(words)
    first, second, last = askable[0], askable[1 % len(askable)], askable[-1]
    many = [askable[place % len(askable)] for place in range(MOST_TERMS)]
    return [
        Query("nearest", (Term(first, 1),)),
        Query("nearest", (Term(second, 1), Term(first, -1), Term(last, 1))),
        Query("similarity", (Term(first, 1), Term(second, 1))),
        Query("odd_one_out", (Term(last, 1), Term(second, 1), Term(first, 1))),
        Query("nearest", tuple(Term(word, 1 - 2 * (place % 2)) for place, word in enumerate(many))),
        Query("nearest", (Term(second, 1), Term("zzyzx", -1))),
    ]


def _askable(word: str) -> bool:
    """Says whether a line with this word is read as this word."""
    return split_tokens(word) == [word] and word not in OPERATORS
