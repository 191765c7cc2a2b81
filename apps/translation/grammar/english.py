"""English sentences of the sample: written from what they say, and read back."""

from apps.translation.grammar.clause import BE, Clause, Phrase
from apps.translation.grammar.lexicon import (
    ADJECTIVES,
    DETERMINERS,
    NAMES,
    NOUNS,
    PREPOSITIONS,
    PRONOUNS,
    VERBS,
)
from shared.errors import DataError

_BE_FORMS = {"am", "are", "is", "was", "were"}
_PLURALS = {noun.plural: noun.singular for noun in NOUNS.values()}
_THIRD = {verb.third: verb.bare for verb in VERBS.values()}
_PAST = {verb.past: verb.bare for verb in VERBS.values()}


def write_english(clause: Clause) -> str:
    """Returns a sentence.

    Example:
    >>> egg = Phrase(determiner="a", noun="egg")
    >>> write_english(Clause(Phrase(pronoun="she"), "eat", thing=egg))
    'She eats an egg.'
    """
    subject, verb = _phrase(clause.subject), _verb(clause)
    rest = [clause.adjective] if clause.adjective else []
    if clause.thing:
        rest += _phrase(clause.thing)
    if clause.place:
        rest += [clause.preposition, *_phrase(clause.place)]
    words = [verb[0], *subject, *verb[1:]] if clause.question else [*subject, *verb]
    text = " ".join(words + rest)
    return text[0].upper() + text[1:] + ("?" if clause.question else ".")


def _phrase(phrase: Phrase) -> list[str]:
    if phrase.pronoun:
        return [phrase.pronoun]
    if phrase.names:
        return " and ".join(phrase.names).split()
    noun = NOUNS[phrase.noun]
    words = [*phrase.adjectives, noun.plural if phrase.plural else noun.singular]
    determiner = phrase.determiner
    if determiner == "a" and words[0][0] in "aeiou":
        determiner = "an"
    return [determiner, *words]


def _verb(clause: Clause) -> list[str]:
    """Returns the words of the verb; the first is the one that a question begins with."""
    subject, denied = clause.subject, ["not"] if clause.negated else []
    plural = subject.plural or len(subject.names) > 1 or subject.pronoun in ("you", "we", "they")
    if clause.verb == BE:
        if clause.past:
            form = "were" if plural else "was"
        else:
            form = "are" if plural else "am" if subject.pronoun == "I" else "is"
        return [form, *denied]
    verb, third = VERBS[clause.verb], not plural and subject.pronoun != "I"
    if clause.negated or clause.question:
        return ["did" if clause.past else "does" if third else "do", *denied, verb.bare]
    return [verb.past if clause.past else verb.third if third else verb.bare]


def read_english(text: str) -> Clause:
    """Reads a sentence back.

    Raises:
        DataError: it is none of this grammar.

    Example:
    >>> read_english("Does she see two red keys?").thing
    Phrase(pronoun='', names=(), determiner='two', adjectives=('red',), noun='key', plural=True)
    """
    words = text[:-1].split(" ")
    if words[0] not in NAMES and words[0] != "I":
        words[0] = words[0].lower()
    try:
        clause = _clause(words, question=text.endswith("?"))
        if not words and write_english(clause) == text:
            return clause
    except (IndexError, KeyError):
        pass
    raise DataError(f"Expected a sentence of the sample, received {text!r:.80}; draw one.")


def _clause(words: list[str], *, question: bool) -> Clause:
    """Takes the words of a sentence off a list."""
    first = words.pop(0) if question else ""
    subject = _read_phrase(words)
    auxiliary = first or (words.pop(0) if words[0] in {*_BE_FORMS, "do", "does", "did"} else "")
    negated = words[0] == "not"
    if negated:
        del words[0]
    if auxiliary in _BE_FORMS:
        adjective = ADJECTIVES[words.pop(0)].english
        past = auxiliary in ("was", "were")
        return Clause(subject, BE, past, negated, question, adjective=adjective)
    form = words.pop(0)
    past = auxiliary == "did" or (not auxiliary and form in _PAST)
    verb = VERBS[_PAST.get(form) or _THIRD.get(form) or form]
    thing = _read_phrase(words) if verb.kinds else None
    preposition, place = "", None
    if words:
        preposition = words.pop(0)
        if preposition not in PREPOSITIONS:
            raise KeyError(preposition)
        place = _read_phrase(words)
    return Clause(subject, verb.bare, past, negated, question, "", thing, preposition, place)


def _read_phrase(words: list[str]) -> Phrase:
    word = words.pop(0)
    if word in PRONOUNS:
        return Phrase(pronoun=word)
    if word in NAMES:
        names = [word]
        if words[:1] == ["and"]:
            names.append(words[1])
            del words[:2]
        if any(name not in NAMES for name in names):
            raise KeyError(names[-1])
        return Phrase(names=tuple(names))
    determiner = "a" if word == "an" else word
    if determiner not in DETERMINERS:
        raise KeyError(word)
    adjectives = []
    while words[0] in ADJECTIVES:
        adjectives.append(words.pop(0))
    noun = words.pop(0)
    plural = noun in _PLURALS
    noun = NOUNS[_PLURALS.get(noun, noun)].singular
    return Phrase(determiner=determiner, adjectives=tuple(adjectives), noun=noun, plural=plural)
