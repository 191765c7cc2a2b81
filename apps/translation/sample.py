"""Sentence pairs of our own, without end, and a judge of translations of them.

The sample needs no file and no network, so the demo, the tests and a first try run anywhere. Its
English is plain, and its French needs what makes translation more than exchanging words: gender
and number, negation around the verb, questions, the place of adjectives, elided and merged words.
Because a small grammar made the sentences, it also knows every right translation of each, which
no BLEU does.
"""

import random
import re

from apps.translation.corpus.pair import Pair
from apps.translation.grammar.clause import draw_clause
from apps.translation.grammar.english import read_english, write_english
from apps.translation.grammar.french import every_french, write_french


def sample_pairs(seed: int = 0, count: int = 4_000) -> list[Pair]:
    """Returns different English sentences and the usual French translation of each.

    Args:
        seed: the same seed gives the same pairs; a larger count only adds to them.
        count: of pairs.

    Example:
    >>> sample_pairs(seed=1, count=2) == sample_pairs(seed=1, count=5)[:2]
    True
    """
    chance = random.Random(seed)
    pairs: dict[str, str] = {}
    while len(pairs) < count:
        clause = draw_clause(chance)
        pairs[write_english(clause)] = write_french(clause)
    return [Pair(source, target) for source, target in pairs.items()]


def right_translations(source: str) -> list[str]:
    """Returns all right French translations of a sentence of the sample, the usual one first.

    Raises:
        DataError: the sentence is none of the sample's grammar.

    Example:
    >>> right_translations("Do you see an old owl?")[:2]
    ['Est-ce que tu vois un vieux hibou ?', 'Tu vois un vieux hibou ?']
    """
    return every_french(read_english(source))


def is_right(source: str, translation: str) -> bool:
    """Says whether a translation is one of the right ones; spacing does not count.

    Raises:
        DataError: the source is no sentence of the sample's grammar.

    Example:
    >>> [is_right("She is old.", answer) for answer in ("Elle est vieille.", "Il est vieux.")]
    [True, False]
    """
    return _plain(translation) in set(map(_plain, right_translations(source)))


def _plain(text: str) -> str:
    text = " ".join(text.replace("\u2019", "'").split())
    return re.sub(r" ?([.?])$", r"\1", text)
