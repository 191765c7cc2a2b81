"""What a sentence of the sample says, apart from any language, and sentences drawn by chance."""

import random
from dataclasses import dataclass

from apps.translation.grammar.lexicon import (
    ADJECTIVES,
    DETERMINERS,
    MEETING_PLACES,
    NAMES,
    NOUNS,
    PLACE_DETERMINERS,
    PLURAL_ONLY,
    PREPOSITIONS,
    PRONOUNS,
    SINGULAR_ONLY,
    VERBS,
)

BE = "be"


@dataclass(frozen=True)
class Phrase:
    """Who or what: a pronoun, one or two names, or a noun with what stands before it.

    Args:
        pronoun: English, or "".
        names: in their order, or ().
        determiner: English.
        adjectives: English, at most one that French puts before the noun, then one after it.
        noun: English singular, or "".
        plural: whether the noun is.
    """

    pronoun: str = ""
    names: tuple[str, ...] = ()
    determiner: str = ""
    adjectives: tuple[str, ...] = ()
    noun: str = ""
    plural: bool = False


@dataclass(frozen=True)
class Clause:
    """A sentence.

    Args:
        subject: who.
        verb: English bare form; "be" goes with an adjective.
        past: whether it is over.
        negated: whether it is denied.
        question: whether it is asked; never both.
        adjective: what the subject is said to be, or "".
        thing: what is done to, or None.
        preposition: English, or "".
        place: where, or None.
    """

    subject: Phrase
    verb: str
    past: bool = False
    negated: bool = False
    question: bool = False
    adjective: str = ""
    thing: Phrase | None = None
    preposition: str = ""
    place: Phrase | None = None


def draw_clause(chance: random.Random) -> Clause:
    """Draws a sentence that makes sense as far as kinds of things go."""
    subject = _subject(chance)
    tone = chance.choice(("told", "told", "denied", "asked"))
    past, negated, question = chance.random() < 0.3, tone == "denied", tone == "asked"
    if chance.random() < 0.25:
        kind = NOUNS[subject.noun].kind if subject.noun else "person"
        said = [
            adjective.english
            for adjective in ADJECTIVES.values()
            if kind in adjective.kinds and adjective.english not in subject.adjectives
        ]
        return Clause(subject, BE, past, negated, question, adjective=chance.choice(said))
    verb = chance.choice(list(VERBS.values()))
    thing = _noun(chance, chance.choice(verb.kinds), DETERMINERS) if verb.kinds else None
    preposition, place = "", None
    if chance.random() < (0.2 if thing else 0.7):
        place = _noun(chance, "place", PLACE_DETERMINERS, adjectives=0.2)
        # One waits in a street, and at a church.
        fitting = [one for one in PREPOSITIONS if one != "at" or place.noun in MEETING_PLACES]
        preposition = chance.choice(fitting)
    return Clause(subject, verb.bare, past, negated, question, "", thing, preposition, place)


def _subject(chance: random.Random) -> Phrase:
    kind = chance.random()
    if kind < 0.3:
        return Phrase(pronoun=chance.choice(PRONOUNS))
    if kind < 0.5:
        return Phrase(names=tuple(chance.sample(list(NAMES), chance.choice((1, 1, 2)))))
    return _noun(chance, chance.choice(("person", "person", "animal")), DETERMINERS)


def _noun(
    chance: random.Random, kind: str, determiners: tuple[str, ...], *, adjectives: float = 0.35
) -> Phrase:
    noun = chance.choice([noun.singular for noun in NOUNS.values() if noun.kind == kind])
    determiner = chance.choice(determiners)
    plural = determiner in PLURAL_ONLY or (
        determiner not in SINGULAR_ONLY and chance.random() < 0.35
    )
    chosen = []
    for before in (True, False):
        fitting = [
            one.english for one in ADJECTIVES.values() if kind in one.kinds and one.before == before
        ]
        if fitting and chance.random() < adjectives:
            chosen.append(chance.choice(fitting))
    return Phrase(determiner=determiner, adjectives=tuple(chosen), noun=noun, plural=plural)
