"""Captions of the sample, read back: words to what they say."""

from apps.image_captioning.scenes.scene import COLOURS, GROUNDS, SIZES
from apps.image_captioning.scenes.sentence import Inventory, Phrase, Placed, Related, Sentence
from apps.image_captioning.scenes.words import NUMBERS, PLACES, PLURAL, RELATIONS, SINGULAR
from shared.errors import DataError
from shared.text.words import split_words

LEADS = {"there is": False, "there are": True, "a picture of": None, "this picture shows": None}


def read_caption(text: str) -> Sentence:
    """Reads a caption; case and punctuation do not count.

    Raises:
        DataError: it is none of this grammar.

    Example:
    >>> read_caption("The red circle is left of two stars.").other
    Phrase(number='two', size='', colour='', shape='star', place='')
    """
    words = _Words(split_words(text))
    try:
        sentence = _sentence(words)
        if not words.left:
            return sentence
    except (IndexError, KeyError):
        pass
    raise DataError(f"Expected a caption of the sample, received {text!r:.80}; draw a scene.")


class _Words:
    """Words that are taken off one after the other."""

    def __init__(self, words: list[str]) -> None:
        self.left = words

    def take(self, *phrases: str) -> str:
        """Takes the first of some phrases that comes next; returns "" where none does."""
        for phrase in phrases:
            words = phrase.split()
            if self.left[: len(words)] == words:
                del self.left[: len(words)]
                return phrase
        return ""

    def need(self, *phrases: str) -> str:
        """Takes one of some phrases.

        Raises:
            KeyError: none comes next.
        """
        found = self.take(*phrases)
        if not found:
            raise KeyError(phrases)
        return found


def _sentence(words: _Words) -> Sentence:
    lead = words.take(*LEADS)
    first = _phrase(words)
    if lead and LEADS[lead] not in (None, first.plural):
        raise KeyError(lead)
    if not lead and words.take("are" if first.plural else "is"):
        if place := words.take(*PLACES):
            return Placed(first, place)
        return Related(first, words.need(*RELATIONS), _phrase(words))
    phrases = [first]
    last = False
    while words.left and words.left[:2] != ["on", "a"]:
        if last:
            raise KeyError("and")
        last = bool(words.take("and"))
        phrases.append(_phrase(words))
    if (len(phrases) > 1 and not last) or "the" in (phrase.number for phrase in phrases):
        raise KeyError("and")
    ground = ""
    if words.left:
        words.need("on a")
        ground = words.need(*GROUNDS)
        words.need("background")
    return Inventory(tuple(phrases), ground)


def _phrase(words: _Words) -> Phrase:
    number = words.need("a", "an", "the", *NUMBERS)
    if number in ("a", "an") and (number == "an") != (words.left[0][0] in "aeiou"):
        raise KeyError(number)
    number = "a" if number == "an" else number
    size, colour = words.take(*SIZES), words.take(*COLOURS)
    nouns = PLURAL if Phrase(number).plural else SINGULAR
    return Phrase(number, size, colour, nouns[words.need(*nouns)], words.take(*PLACES))
