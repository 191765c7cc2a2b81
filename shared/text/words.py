"""Words and sentences of plain text, in Python without any framework.

Training data, `predict` and the served graph must cut text in the same way, or a model answers
differently once it is exported. The rules are therefore spelled as character classes that mean
the same to Python's `re` and to RE2, and `shared.text.graph` applies the very same strings:

1. Bytes are read as UTF-8. What is not UTF-8 counts as white space, and so do control
   characters, no-break spaces, the zero-width space and the byte order mark.
2. Invisible marks (soft hyphen, joiners, directions, variation selectors) are dropped.
3. A sentence ends at a line break, or at one of `.!?` (and their relatives in other scripts),
   with closing quotes or brackets, before white space. "Mr. Smith" is thus two sentences.
4. Words are cut at white space, freed of punctuation at both ends ("don't" stays whole), and
   lower-cased one code point at a time. A sentence without a word is dropped.

Text is not normalised: an accent written as its own code point makes another word.
"""

import re
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from shared.errors import BundleError, DataError
from shared.files import write_text

LINE_BREAKS = "[\\x0a-\\x0d\u0085\u2028\u2029]+"
SPACES = (
    "[\\x00-\\x09\\x0e-\\x20\\x7f-\u0084\u0086-\u00a0\u1680\u180e\u2000-\u200b"
    "\u202f\u205f\u3000\ufeff\ufffd]+"
)
INVISIBLE = "[\u00ad\u061c\u200c-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f]"
SENTENCE_ENDS = ".!?…。！？؟।"  # noqa: RUF001
CLOSERS = "\"')]”’»"  # noqa: RUF001
PUNCTUATION = (
    ".,!?;:\"'`()[]{}<>*_~“”„‟‘’‚‛«»‹›¿¡…–—―·•‥"  # noqa: RUF001
    "、。，；：？！（）「」『』【】《》〈〉؟،؛।॥"  # noqa: RUF001
)

PADDING, UNKNOWN = "[PAD]", "[UNK]"
PADDING_ID, UNKNOWN_ID = 0, 1


@lru_cache(maxsize=1)
def lower_table() -> dict[int, int]:
    """Returns the lower-case partner of every code point that has one of length one.

    `str.lower` looks at neighbours (the Greek final sigma) and the library behind TensorFlow's
    also at the machine's language, so neither is used: one table serves both sides.
    """
    table = {}
    for code in range(sys.maxunicode + 1):
        lower = chr(code).lower()
        if len(lower) == 1 and ord(lower) != code:
            table[code] = ord(lower)
    return table


def clean(text: str | bytes) -> str:
    """Reads bytes, drops invisible marks, and makes white space plain."""
    if isinstance(text, str):
        # A lone surrogate can come out of JSON; in UTF-8 it does not exist.
        text = text.encode("utf-8", "surrogatepass")
    readable = re.sub(INVISIBLE, "", text.decode("utf-8", "replace"))
    return re.sub(SPACES, " ", re.sub(LINE_BREAKS, "\n", readable))


def lower_case(text: str) -> str:
    """Returns a text with each code point lower-cased alone, as `lower_table` says.

    Two code points need care in `str.lower`: the Greek sigma, which looks at its neighbours, and
    the dotted capital I, which becomes two. The table itself is 20 times slower.

    Example:
    >>> lower_case("ÉTÉ"), len(lower_case("İ"))
    ('été', 1)
    """
    if text.isascii():
        return text.lower()
    text = text.replace("\u03a3", "\u03c3")
    return "\u0130".join(part.lower() for part in text.split("\u0130"))


def _words(text: str) -> list[str]:
    pieces = lower_case(text).replace("\n", " ").split(" ")
    return [word for piece in pieces if (word := piece.strip(PUNCTUATION))]


def split_words(text: str | bytes) -> list[str]:
    r"""Returns the words of a text, lower-cased; sentences and lines do not matter.

    Example:
    >>> split_words("Where's the  MILK,\u00a0then?")
    ["where's", 'the', 'milk', 'then']
    """
    return _words(clean(text))


def split_sentences(text: str | bytes) -> list[str]:
    r"""Returns the sentences of a text that hold a word, as written but with plain white space.

    Example:
    >>> split_sentences("Mary went home. ... Where is she?\nHere!")
    ['Mary went home.', 'Where is she?', 'Here!']
    """
    # A regular expression would look for the end of "......" from each of its dots again,
    # which takes hours on a hostile line; looking back from each space is linear.
    sentences = []
    for line in clean(text).split("\n"):
        pieces: list[str] = []
        for piece in line.split(" "):
            pieces.append(piece)
            if piece.rstrip(CLOSERS).endswith(tuple(SENTENCE_ENDS)):
                sentences.append(pieces)
                pieces = []
        sentences.append(pieces)
    return [
        sentence
        for pieces in sentences
        if _words(sentence := " ".join(piece for piece in pieces if piece))
    ]


class Vocabulary:
    """Words with their ids; id 0 is padding, id 1 stands for every unknown word.

    Args:
        words: distinct words in the order of their ids, from 2 on.

    Example:
    >>> Vocabulary(["hall", "mary"]).ids(["mary", "sings"])
    [3, 1]
    """

    def __init__(self, words: Iterable[str]) -> None:
        self.words = (PADDING, UNKNOWN, *words)
        self._ids = {word: position for position, word in enumerate(self.words)}
        for word in self.words:
            if not word or "\n" in word or "\r" in word:
                raise DataError(
                    f"Expected words without line breaks in a vocabulary, received {word!r}; "
                    "cut the text with split_words first."
                )
        if len(self._ids) != len(self.words):
            raise DataError(
                "Expected distinct words in a vocabulary, received "
                f"{len(self.words) - len(self._ids)} repeated; remove the repeated ones."
            )

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: str) -> bool:
        return self._ids.get(word, UNKNOWN_ID) > UNKNOWN_ID

    def ids(self, words: Iterable[str]) -> list[int]:
        """Returns the id of each word; 1 for an unknown one."""
        return [self._ids.get(word, UNKNOWN_ID) for word in words]

    def save(self, path: Path) -> None:
        """Writes one word a line; the line number, from 0, is the id."""
        write_text(path, "\n".join(self.words) + "\n")

    @classmethod
    def load(cls, path: Path) -> "Vocabulary":
        """Reads what `save` wrote.

        Raises:
            BundleError: the file is missing or is not a vocabulary.
        """
        try:
            # Only "\n" ends a line here; universal newlines would cut at others too.
            words = Path(path).read_bytes().decode("utf-8").removesuffix("\n").split("\n")
        except (OSError, UnicodeDecodeError) as error:
            raise BundleError(
                f"Expected a readable vocabulary at {path}, received: {error}; "
                "restore the run folder from a copy or train again."
            ) from None
        if words[:2] != [PADDING, UNKNOWN]:
            raise BundleError(
                f"Expected a vocabulary at {path} whose first lines are {PADDING} and {UNKNOWN}, "
                f"received {words[:2]}; restore the run folder from a copy or train again."
            )
        try:
            return cls(words[2:])
        except DataError as error:
            raise BundleError(f"The vocabulary at {path} is damaged: {error}") from None
