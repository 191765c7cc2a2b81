"""What `predict` is asked: one sentence."""

import random
from collections.abc import Sequence
from typing import Any

from shared.data.lines import read_request
from shared.errors import DataError

EXPECTED = 'Expected a sentence of text, or {"source": "..."}'


def parse_sentence(raw: Any) -> str:
    """Reads one raw input.

    Args:
        raw: str, bytes in UTF-8, or a mapping with the sentence as "source".

    Raises:
        DataError: it is no text, or nothing but white space.

    Example:
    >>> parse_sentence(" Do you see an old owl? ")
    'Do you see an old owl?'
    """
    text = read_request(raw, field="source", expected=EXPECTED)
    if "\0" in text:
        raise DataError(f"{EXPECTED}, received a NUL character.")
    if not text.strip():
        raise DataError(f"{EXPECTED}, received nothing but white space.")
    return text.strip()


def example_sentences(pieces: Sequence[str], *, seed: int = 0) -> list[str]:
    """Returns sentences of mixed lengths, to check and warm up an export with.

    Args:
        pieces: of the tokeniser, "▁" for a space.
        seed: the same seed gives the same sentences.
    """
    chance = random.Random(seed)
    words = [piece[1:] for piece in pieces if piece[0] == "▁" and piece[1:].isalpha()] or ["word"]
    return [" ".join(chance.choices(words, k=count)) + "." for count in (1, 3, 5, 9, 17, 30)]
