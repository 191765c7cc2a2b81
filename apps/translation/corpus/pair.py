"""A sentence and its translation: the example of translation."""

from typing import NamedTuple


class Pair(NamedTuple):
    """A sentence and its translation, as they were written.

    Nothing is normalised here: that is done by the tokeniser, in Python and in the served graph
    alike, and a score must see the translation as it was given.
    """

    source: str
    target: str


def sentence_key(text: str) -> str:
    """Returns what two spellings of one sentence share: neither case nor white space counts.

    Python's white space includes no-break spaces, which one corpus has and another has not.

    Example:
    >>> sentence_key("Va\u00a0 !") == sentence_key("va !")
    True
    """
    return " ".join(text.casefold().split())
