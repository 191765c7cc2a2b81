"""A sentence and its translation: the example of translation."""

import unicodedata
from typing import NamedTuple


class Pair(NamedTuple):
    """A sentence and its translation, as they were written.

    Nothing is normalised here: that is done by the tokeniser, in Python and in the served graph
    alike, and a score must see the translation as it was given.
    """

    source: str
    target: str


def sentence_key(text: str) -> str:
    """Returns what two spellings of one sentence share.

    Neither case nor white space counts, nor how Unicode writes a character: composed or not, of
    full width, a ligature or an ellipsis (form NFKC). Characters that only format, such as soft
    hyphens and byte order marks (category Cf), are dropped.

    Example:
    >>> sentence_key("Va\u00a0 l\u00e0\u2026") == sentence_key("va la\u0300...")
    True
    """
    if not text.isascii():
        # Few texts hold something that is not printable, and only these can hold what formats.
        if not text.isprintable():
            text = "".join(one for one in text if unicodedata.category(one) != "Cf")
        # Composed characters may have capitals that are not, so both orders are needed.
        folded = unicodedata.normalize("NFKC", text).casefold()
        text = unicodedata.normalize("NFKC", folded)
    return " ".join(text.casefold().split())
