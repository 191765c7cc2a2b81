"""Validation and test parts cut from training images by chance."""

from collections.abc import Mapping, Sequence

import numpy as np

from apps.image_captioning.example import Example
from shared.errors import DataError


def held_back(
    examples: Sequence[Example], sizes: Mapping[str, int], *, seed: int
) -> dict[str, list[Example]]:
    """Cuts parts of different images; equal ones, whatever they are called, go the same way.

    Args:
        examples: of the training part; their order is kept.
        sizes: different images of each new part, such as {"validation": 1000}, in order of
            importance; a part gets at most a tenth of all, and at least one.
        seed: of the choice, from 0.

    Returns:
        {"train": ..., and each new part}.

    Raises:
        DataError: there is only one image, so none can be held back.
    """
    contents = sorted({example.sha256 for example in examples})
    wanted = {part: size for part, size in sizes.items() if size > 0}
    if wanted and len(contents) < 2:
        raise DataError(
            "Expected two different images or more, so that one can be held back for "
            f"{next(iter(wanted))}, received {len(contents)}; add images."
        )
    order = np.random.default_rng(seed).permutation(len(contents))
    part_of: dict[str, str] = {}
    begin, left = 0, len(contents) - 1
    for part, size in wanted.items():
        count = min(left, size, max(1, len(contents) // 10))
        part_of |= {contents[place]: part for place in order[begin : begin + count]}
        begin, left = begin + count, left - count
    return {
        part: [example for example in examples if part_of.get(example.sha256, "train") == part]
        for part in ("train", *wanted)
    }
