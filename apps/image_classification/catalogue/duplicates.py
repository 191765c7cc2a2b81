"""The same picture under two labels, found by content."""

from collections import defaultdict
from collections.abc import Iterable

from apps.image_classification.example import Example


def contradictions(examples: Iterable[Example]) -> list[tuple[Example, Example]]:
    """Returns two examples of each picture that has more than one label."""
    by_content: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_content[example.sha256].append(example)
    return [
        (same[0], next(example for example in same if example.label != same[0].label))
        for same in by_content.values()
        if len({example.label for example in same}) > 1
    ]
