"""How various captions are, and how many are new: what no comparison with references shows.

A network that is scored well may still have a handful of sentences for all images. `report` asks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.text.words import split_words

ORDERS = 2


@dataclass(frozen=True)
class Diversity:
    """How various N captions are, counted in words of `shared.text.words`.

    Attributes:
        words: different words that are used.
        mean_words: words of a caption, on average.
        distinct: of each order n from 1, the share of different ones among all sequences of n
            words (Li et al. 2016, arXiv:1510.03055), in percent. It falls as N rises.
        different: the share of different captions, in percent.
        novel: the share of captions that no training caption is word by word, in percent; None
            where these are not known.
    """

    words: int
    mean_words: float
    distinct: tuple[float, ...]
    different: float
    novel: float | None


def diversity_of(captions: Sequence[str], training: Iterable[str] | None = None) -> Diversity:
    """Measures captions.

    Args:
        captions: N, one or more.
        training: all captions that the network was trained on; None where they are not known.

    Example:
    >>> found = diversity_of(["A dog.", "a cat"], training=["A dog!", "A cat runs."])
    >>> found.words, found.distinct, found.different, found.novel
    (3, (75.0, 100.0), 100.0, 50.0)
    """
    said = [tuple(split_words(caption)) for caption in captions]
    distinct = []
    for order in range(1, ORDERS + 1):
        grams = [
            words[start : start + order]
            for words in said
            for start in range(len(words) - order + 1)
        ]
        distinct.append(100.0 * len(set(grams)) / max(1, len(grams)))
    novel = None
    if training is not None:
        known = {tuple(split_words(caption)) for caption in training}
        novel = 100.0 * sum(words not in known for words in said) / len(said)
    return Diversity(
        words=len({word for words in said for word in words}),
        mean_words=sum(map(len, said)) / len(said),
        distinct=tuple(distinct),
        different=100.0 * len(set(said)) / len(said),
        novel=novel,
    )
