"""The same picture twice: found by content, told, and never left on both sides of a score."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, TypeVar

from shared.data.pictures.names import SPLITS


class Content(Protocol):
    """A picture with a name and a digest; the apps' examples are ones."""

    @property
    def name(self) -> str:
        """What a user recognises."""

    @property
    def sha256(self) -> str:
        """The digest of the encoded bytes."""


AnyExample = TypeVar("AnyExample", bound=Content)


def apart(
    parts: Mapping[str, Sequence[AnyExample]],
) -> tuple[dict[str, list[AnyExample]], list[tuple[str, str]]]:
    """Takes pictures of the test part out of the others, and those of validation out of training.

    Args:
        parts: {split: examples}.

    Returns:
        the parts, and (name of what was taken out, name of the same picture) of each.
    """
    there: dict[str, str] = {}
    kept: dict[str, list[AnyExample]] = {}
    removed = []
    # A picture stays in the last part that it was given in.
    for split in reversed(SPLITS):
        examples = parts.get(split, ())
        kept[split] = [example for example in examples if example.sha256 not in there]
        removed += [
            (example.name, there[example.sha256]) for example in examples if example.sha256 in there
        ]
        for example in kept[split]:
            there.setdefault(example.sha256, example.name)
    return kept, removed


def repeated(examples: Iterable[Content]) -> int:
    """Returns how many examples have the content of an earlier one of the same part."""
    return sum(count - 1 for count in Counter(example.sha256 for example in examples).values())
