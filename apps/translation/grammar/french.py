"""French sentences of the sample: every right one, since French often has a choice.

"You" is one person or several, close or not; "they" are men or women, and so is a friend; a
question is asked in three ways; "some" before an adjective is "de" or, as most people say, "des".
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from apps.translation.grammar.clause import BE, Clause, Phrase
from apps.translation.grammar.lexicon import ADJECTIVES, NAMES, NOUNS, PREPOSITIONS, VERBS

_BE_PRESENT = ("suis", "es", "est", "sommes", "êtes", "sont")
_BE_PAST = ("étais", "étais", "était", "étions", "étiez", "étaient")
_HAVE = ("ai", "as", "a", "avons", "avez", "ont")
_PRONOUNS = ("je", "tu", "il", "nous", "vous", "ils")
_PERSONS = {"I": 0, "you": 1, "he": 2, "she": 2, "we": 3, "they": 5}
_ELIDED = {"je": "j'", "ne": "n'", "de": "d'", "que": "qu'", "le": "l'", "la": "l'"}
_MERGED = {("à", "le"): "au", ("à", "les"): "aux", ("de", "le"): "du", ("de", "les"): "des"}
_OWN = {  # masculine, feminine, plural
    "my": ("mon", "ma", "mes"),
    "his": ("son", "sa", "ses"),
    "her": ("son", "sa", "ses"),
    "our": ("notre", "notre", "nos"),
    "their": ("leur", "leur", "leurs"),
    "your": ("ton", "ta", "tes"),
    "your, politely": ("votre", "votre", "vos"),
}
_COUNTED = {"two": "deux", "three": "trois", "these": "ces"}
_ASPIRATED = ("hibou", "hiboux")


@dataclass(frozen=True)
class _Choice:
    """What French may choose; the first values are those of the sample."""

    polite: bool = False
    many: bool = False
    gender: str = "m"
    thing_gender: str = "m"
    asked: str = "est-ce que"
    some: str = "de"
    was: str = "était"


def write_french(clause: Clause) -> str:
    """Returns the usual translation."""
    return next(_sentences(clause, _Choice()))


def every_french(clause: Clause) -> list[str]:
    """Returns all right translations, the usual one first.

    Example:
    >>> every_french(Clause(Phrase(pronoun="they"), "be", negated=True, adjective="happy"))
    ['Ils ne sont pas heureux.', 'Elles ne sont pas heureuses.']
    """
    choices = (
        _Choice(*values)
        for values in product(
            (False, True), (False, True), "mf", "mf",
            ("est-ce que", "as told", "turned") if clause.question else ("as told",),
            ("de", "des"), ("était", "a été") if clause.verb == BE and clause.past else ("",),
        )
    )  # fmt: skip
    # Most sentences leave few of the choices open, so most of them come out the same.
    return list(dict.fromkeys(text for choice in choices for text in _sentences(clause, choice)))


def _sentences(clause: Clause, choice: _Choice) -> Iterator[str]:
    subject, person, plural, gender = _subject(clause.subject, choice)
    verb, participle = _verb(clause, choice, person)
    rest = participle
    if clause.adjective:
        rest = [*rest, _form(clause.adjective, gender, plural=plural)]
    if clause.thing:
        rest = [*rest, *_thing(clause, choice)]
    if clause.place:
        # Nobody is a friend here, and "some" is not said of places.
        where = PREPOSITIONS[clause.preposition].split()
        rest = [*rest, *where, *_noun(clause.place, choice, "m")]
    if clause.negated:
        verb = ["ne", *verb, "pas"]
    words = [*subject, *verb, *rest]
    if clause.question and choice.asked == "est-ce que":
        words = ["est-ce", "que", *words]
    elif clause.question and choice.asked == "turned":
        if person == 0:
            return
        named = [] if clause.subject.pronoun else subject
        words = [*named, _turned(verb[0], person, gender), *rest]
    text = _joined(words)
    yield text[0].upper() + text[1:] + (" ?" if clause.question else ".")


def _subject(phrase: Phrase, choice: _Choice) -> tuple[list[str], int, bool, str]:
    """Returns the words, the person (0 for je to 5 for ils), whether several, and the gender."""
    if phrase.pronoun:
        person = _PERSONS[phrase.pronoun]
        gender = {"he": "m", "she": "f"}.get(phrase.pronoun, choice.gender)
        if phrase.pronoun == "you" and choice.polite:
            return ["vous"], 4, choice.many, gender
        return [_pronoun(person, gender)], person, person > 2, gender
    if phrase.names:
        women = all(NAMES[name] == "f" for name in phrase.names)
        several = len(phrase.names) > 1
        return (
            " et ".join(phrase.names).split(),
            5 if several else 2,
            several,
            "f" if women else "m",
        )
    words = _noun(phrase, choice, choice.gender)
    gender = _french(phrase, choice.gender)[0]
    return words, 5 if phrase.plural else 2, phrase.plural, gender


def _pronoun(person: int, gender: str) -> str:
    return (
        {2: "elle", 5: "elles"}.get(person, _PRONOUNS[person])
        if gender == "f"
        else _PRONOUNS[person]
    )


def _turned(verb: str, person: int, gender: str) -> str:
    """Returns verb and pronoun of a question, as in "mange-t-il"."""
    between = "-t-" if person == 2 and verb[-1] in "ae" else "-"
    return f"{verb}{between}{_pronoun(person, gender)}"


def _verb(clause: Clause, choice: _Choice, person: int) -> tuple[list[str], list[str]]:
    """Returns the finite verb, and the participle if there is one."""
    if clause.verb == BE:
        if choice.was == "a été":
            return [_HAVE[person]], ["été"]
        return [(_BE_PAST if clause.past else _BE_PRESENT)[person]], []
    verb = VERBS[clause.verb]
    if clause.past:
        return [_HAVE[person]], [verb.participle]
    return [verb.french[person]], []


def _thing(clause: Clause, choice: _Choice) -> list[str]:
    """Returns the words of an object; denied, "a" and "some" become "de"."""
    thing = clause.thing or Phrase()
    words = _noun(thing, choice, choice.thing_gender)
    if clause.negated and thing.determiner in ("a", "some"):
        return ["de", *words[1:]]
    return words


def _french(phrase: Phrase, gender: str) -> tuple[str, str, str]:
    forms = NOUNS[phrase.noun].french
    return next((one for one in forms if one[0] == gender), forms[0])


def _noun(phrase: Phrase, choice: _Choice, gender: str) -> list[str]:
    gender, singular, many = _french(phrase, gender)
    noun = many if phrase.plural else singular
    before = [word for word in phrase.adjectives if ADJECTIVES[word].before]
    after = [word for word in phrase.adjectives if not ADJECTIVES[word].before]
    words = [noun]
    for word in reversed(before):
        words.insert(0, _form(word, gender, plural=phrase.plural, following=words[0]))
    words += [_form(word, gender, plural=phrase.plural) for word in after]
    determiner = _determiner(phrase, choice, gender, following=words[0], adjective=bool(before))
    return [determiner, *words]


def _form(adjective: str, gender: str, *, plural: bool, following: str = "") -> str:
    masculine, feminine, masculines, feminines, before_vowel = ADJECTIVES[adjective].french
    if plural:
        return feminines if gender == "f" else masculines
    if gender == "f":
        return feminine
    return before_vowel if following and _vowel(following) else masculine


def _determiner(
    phrase: Phrase, choice: _Choice, gender: str, *, following: str, adjective: bool
) -> str:
    name, woman, plural = phrase.determiner, gender == "f", phrase.plural
    if name in _COUNTED:
        return _COUNTED[name]
    if name == "the":
        return "les" if plural else "la" if woman else "le"
    if name == "a":
        return "une" if woman else "un"
    if name == "some":
        return choice.some if adjective else "des"
    if name == "this":
        return "cette" if woman else "cet" if _vowel(following) else "ce"
    own = _OWN["your, politely" if name == "your" and choice.polite else name]
    return own[2] if plural else own[1] if woman and not _vowel(following) else own[0]


def _vowel(word: str) -> bool:
    """Says whether a word begins with a vowel to the ear; the h is silent, but for some words."""
    return word[0].lower() in "aeiouyhéèêôœ" and word not in _ASPIRATED


def _joined(words: list[str]) -> str:
    """Joins words, with "l'" for "le" before a vowel, and "au" for "à le"."""
    text = ""
    for place, word in enumerate(words):
        following = words[place + 1 : place + 2]
        before = words[place - 1] if place else ""
        silent = bool(following) and word in _ELIDED and _vowel(following[0])
        if (before, word) in _MERGED and not silent:
            text = text[: -len(before) - 1] + _MERGED[before, word] + " "
        elif silent:
            text += _ELIDED[word]
        else:
            text += word + " "
    return text.strip()
