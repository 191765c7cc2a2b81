"""Which captions are used: those with a word, and not too many."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from shared.text.words import clean, split_words

MAX_WORDS = 100


@dataclass
class Dropped:
    """What was left out, to be told.

    Attributes:
        empty: names of the images of captions without a word, one for each caption.
        long: likewise of captions of too many words.
    """

    empty: list[str] = field(default_factory=list)
    long: list[str] = field(default_factory=list)


def cleaned(
    captions: Iterable[str], image: str, *, max_words: int, dropped: Dropped
) -> tuple[str, ...]:
    r"""Returns captions with plain white space, without the empty and the overlong ones.

    A caption of hundreds of words is a page that got into the wrong column; cut, it would teach
    sentences that do not end.

    Args:
        captions: of one image.
        image: its name.
        max_words: of a caption that is kept, from 1.
        dropped: takes the name once for each caption that is left out.

    Example:
    >>> dropped = Dropped()
    >>> cleaned(["A  dog\nruns .", "...", "a b c d"], "1.jpg", max_words=3, dropped=dropped)
    ('A dog runs .',)
    >>> dropped
    Dropped(empty=['1.jpg'], long=['1.jpg'])
    """
    kept = []
    for caption in captions:
        words = len(split_words(caption))
        if not words:
            dropped.empty.append(image)
        elif words > max_words:
            dropped.long.append(image)
        else:
            kept.append(" ".join(clean(caption).split()))
    return tuple(kept)
