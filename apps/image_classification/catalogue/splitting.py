"""Validation and test parts cut from training pictures, class by class."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from apps.image_classification.example import Example
from shared.errors import DataError


def stratified(
    examples: Sequence[Example], fractions: dict[str, float], *, seed: int
) -> dict[str, list[Example]]:
    """Cuts parts that hold the same share of every class.

    Of n different pictures of a class, a part gets round(fraction * n), and at least one as long as
    one is left for training. Equal pictures go the same way. The choice in a class depends on
    the seed and that class alone.

    Args:
        examples: of the training part; their order is kept.
        fractions: share of each new part, such as {"validation": 0.1}, in order of importance.
        seed: of the choice.

    Returns:
        {"train": ..., and each new part}.

    Raises:
        DataError: classes have too few different pictures to give one to training and one to
            the first part.
    """
    wanted = {part: share for part, share in fractions.items() if share > 0}
    # A picture under two labels counts for the first.
    first: dict[str, str] = {}
    for example in examples:
        first.setdefault(example.sha256, example.label)
    by_class: dict[str, list[str]] = defaultdict(list)
    for content, label in first.items():
        by_class[label].append(content)
    few = sorted(label for label, contents in by_class.items() if len(contents) < 2)
    if wanted and few:
        raise DataError(
            f"Expected at least 2 different pictures of each class, one to learn from and one for "
            f"{next(iter(wanted))}, received one of {', '.join(map(repr, few[:5]))}"
            f"{f' and {len(few) - 5} more' if len(few) > 5 else ''}; add pictures, or leave the "
            "class out."
        )
    part_of: dict[str, str] = {}
    for label, contents in sorted(by_class.items()):
        chance = np.random.default_rng((seed % 2**63, *label.encode()))
        order = [sorted(contents)[place] for place in chance.permutation(len(contents))]
        left = len(order) - 1
        begin = 0
        for part, share in wanted.items():
            count = min(left, max(1, round(share * len(order))))
            part_of |= dict.fromkeys(order[begin : begin + count], part)
            begin, left = begin + count, left - count
    return {
        part: [example for example in examples if part_of.get(example.sha256, "train") == part]
        for part in ("train", *wanted)
    }
