"""Which training pairs are left out, and how many for which reason.

Corpora collected by machine hold pairs that teach nothing or something wrong. The rules look at
one pair at a time, apart from repeated pairs, and every pair left out is counted under the first
rule that it breaks. Given validation and test parts lose pairs with an empty side and no others: a
score must stay comparable.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from apps.translation.corpus.pair import Pair, sentence_key
from shared.errors import DataError

REASONS = ("empty", "too_long", "unequal", "copy", "duplicate", "held_out", "unknown")
_TOLD = {
    "empty": "empty",
    "too_long": "too long",
    "unequal": "of unequal length",
    "copy": "untranslated",
    "duplicate": "repeated",
    "held_out": "of validation or test sentences",
    "unknown": "with characters the earlier run does not know",
}
# A few characters more or less say nothing about short sentences.
_SLACK = 10


@dataclass(frozen=True)
class Cleaning:
    """The limits of a training pair.

    Args:
        max_words: words of a side, cut at white space; from 1.
        max_characters: of a side, for writing that does not use spaces; from 1.
        max_ratio: (longer + 10) / (shorter + 10), in characters; from 1.
        copies: what happens to pairs whose translation is the source itself.
    """

    max_words: int = 200
    max_characters: int = 1500
    max_ratio: float = 4.0
    copies: Literal["drop", "keep"] = "drop"

    def __post_init__(self) -> None:
        if self.max_words < 1 or self.max_characters < 1 or self.max_ratio < 1:
            raise DataError(
                "Expected max_words, max_characters and max_ratio from 1 on, received "
                f"{self.max_words}, {self.max_characters} and {self.max_ratio}; raise them."
            )

    def fault(self, pair: Pair) -> str:
        """Returns why a pair is left out; "" where it is not.

        Example:
        >>> Cleaning().fault(Pair("Yes.", "Oui.")), Cleaning().fault(Pair("Yes.", ""))
        ('', 'empty')
        """
        source, target = pair
        if not is_whole(pair):
            return "empty"
        shorter, longer = sorted((len(source), len(target)))
        # Cutting into words is dear, and no text has more words than characters.
        if longer > self.max_characters or (
            longer > self.max_words
            and max(len(source.split()), len(target.split())) > self.max_words
        ):
            return "too_long"
        if longer + _SLACK > self.max_ratio * (shorter + _SLACK):
            return "unequal"
        if self.copies == "drop" and sentence_key(source) == sentence_key(target):
            return "copy"
        return ""


def is_whole(pair: Pair) -> bool:
    """Says whether both sides hold more than white space."""
    return all(side and not side.isspace() for side in pair)


def without_empty(pairs: Sequence[Pair], split: str, counts: "Counter[str]") -> list[Pair]:
    """Returns the pairs of a given validation or test part that have two sides.

    Args:
        pairs: of the part.
        split: "validation" or "test".
        counts: takes how many were left out ("empty_validation", "empty_test").
    """
    kept = list(filter(is_whole, pairs))
    if len(kept) < len(pairs):
        counts[f"empty_{split}"] += len(pairs) - len(kept)
    return kept


def cleaned(
    pairs: Iterable[Pair], cleaning: Cleaning, *, seen: set[Pair], counts: "Counter[str]"
) -> Iterator[Pair]:
    """Yields the pairs that break no rule.

    Args:
        pairs: to look through.
        cleaning: the rules.
        seen: pairs already there; takes those that are yielded.
        counts: takes how many there were ("read") and were left out for each reason.
    """
    for pair in pairs:
        counts["read"] += 1
        reason = cleaning.fault(pair) or ("duplicate" if pair in seen else "")
        if reason:
            counts[reason] += 1
        else:
            seen.add(pair)
            yield pair


def told_counts(counts: Mapping[str, int]) -> str:
    """Returns a sentence about what was left out, and one more where given parts lost pairs.

    Example:
    >>> told_counts({"read": 1200, "empty": 2, "duplicate": 1})
    '1,200 training pairs read, 1,197 kept; left out: 2 empty, 1 repeated.'
    """
    out = {reason: counts.get(reason, 0) for reason in REASONS}
    named = ", ".join(f"{count:,} {_TOLD[reason]}" for reason, count in out.items() if count)
    read = counts.get("read", 0)
    given = ", ".join(
        f"{counts[key]:,} of {split}"
        for split in ("validation", "test")
        if counts.get(key := f"empty_{split}", 0)
    )
    return (
        f"{read:,} training pairs read, {read - sum(out.values()):,} kept; "
        f"left out: {named or 'none'}."
    ) + (f" Given pairs with an empty side left out: {given}." if given else "")
