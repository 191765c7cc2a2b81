"""Cuts lines of text into sentences of words, at some millions of words a second.

`apps.word_analogies.corpus.files` sends every line of a corpus through here; so may anybody who
wants the words of a query cut as they were in training. The rules are those of
`shared.text.words` with these differences, which make more of running text:

- Words are also cut at symbols inside ("and/or", "e.g."), but not at an inner hyphen, underscore
  or apostrophe ("well-known", "new_york", "don't"), nor inside a number ("1,000", "3.14").
- A possessive 's is dropped (king's counts as king), and a French elision is cut off (l'homme
  gives l and homme); a curly apostrophe is read as a straight one.
- Symbols of ASCII alone ("&", "--", "$5") are no words, or no part of one.

So a typed word that is all letters, with or without inner hyphens, is the same word on both sides.
"""

import re
import string
from dataclasses import dataclass
from typing import Literal

from shared.errors import ConfigError
from shared.text.words import (
    CLOSERS,
    INVISIBLE,
    LINE_BREAKS,
    PUNCTUATION,
    SENTENCE_ENDS,
    SPACES,
    lower_case,
)

_CUTS = re.escape("".join(sorted({*string.punctuation, *PUNCTUATION})))
_LETTER = f"[^{_CUTS}{SPACES[1:-2]}{LINE_BREAKS[1:-2]}]"
_WORDS = re.compile(f"{_LETTER}+(?:(?:[-_']|(?<=[0-9])[.,](?=[0-9])){_LETTER}+)*")
# They start with the rare apostrophe, so a line without one costs next to nothing.
_ELIDED = "[cdjlmnst]", "qu", "jusqu", "lorsqu", "puisqu", "quoiqu"
_APOSTROPHES = re.compile(
    f"'(?:s(?!{_LETTER})|(?={_LETTER})(?:"
    + "|".join(f"(?<=(?<!{_LETTER})(?<!{_LETTER}'){elided}')" for elided in _ELIDED)
    + "))",
    re.IGNORECASE,
)
# "*+" never looks at the same closers twice, so a hostile line takes no longer than another.
_ENDS = re.compile(f"[{SENTENCE_ENDS}][{re.escape(CLOSERS)}]*+(?:{SPACES}|{LINE_BREAKS})")
_INVISIBLE = re.compile(INVISIBLE)
_DIGITS = re.compile("[0-9]")
_NUMBER = re.compile("[0-9][0-9.,]*")


@dataclass(frozen=True)
class Tokeniser:
    """Cuts a line of text into sentences, each a list of words.

    Args:
        split: "words", or "whitespace" for text that is tokenised already, a sentence a line.
        lower: makes words lower-case.
        numbers: what becomes of numbers: "keep"; "drop" leaves out words of digits; "mask" turns
            every digit into 0, so that 1984 and 2015 are one word.
        ends: where a sentence ends: "punctuation" (at .!? and at the end of the line), or "lines".
        max_sentence: words of a sentence, 1 or more; a longer one is cut.

    Raises:
        ConfigError: `max_sentence` is below 1.

    Example:
    >>> Tokeniser().sentences("The king's men weren't in Paris. Well-known (in 1,000 homes)!")
    [['the', 'king', 'men', "weren't", 'in', 'paris'], ['well-known', 'in', '1,000', 'homes']]
    """

    split: Literal["words", "whitespace"] = "words"
    lower: bool = True
    numbers: Literal["keep", "drop", "mask"] = "keep"
    ends: Literal["punctuation", "lines"] = "punctuation"
    max_sentence: int = 1000

    def __post_init__(self) -> None:
        if self.max_sentence < 1:
            raise ConfigError(
                f"Expected sentences of 1 word or more, received max_sentence={self.max_sentence}."
            )

    def sentences(self, line: str) -> list[list[str]]:
        """Returns the sentences of a line; those without a word are left out."""
        if self.lower:
            line = lower_case(line)
        if self.numbers == "mask":
            line = _DIGITS.sub("0", line)
        found = [line.split()] if self.split == "whitespace" else self._words(line)
        if self.numbers == "drop":
            found = [[word for word in one if not _NUMBER.fullmatch(word)] for one in found]
        size = self.max_sentence
        return [
            one[start : start + size] for one in found if one for start in range(0, len(one), size)
        ]

    def _words(self, line: str) -> list[list[str]]:
        if not line.isascii():
            line = _INVISIBLE.sub("", line).replace("\u2019", "'")
        if "'" in line:
            line = _APOSTROPHES.sub(" ", line)
        if self.ends == "lines":
            return [_WORDS.findall(line)]
        return [_WORDS.findall(sentence) for sentence in _ENDS.split(line)]
