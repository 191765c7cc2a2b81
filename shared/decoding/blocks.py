"""A vocabulary in blocks, in which the best ids are found fast; see `candidates`."""

import math
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from shared.layers.constants import NEVER


@dataclass(frozen=True)
class Blocks:
    """How V ids are cut into blocks, and which of the ids are never chosen.

    Args:
        count: number of blocks.
        width: ids in a block; `count * width` is V, or a little more.
        bias: float32 (count, width), 0 at what may be chosen and -1e9 elsewhere.
        touched: the blocks in which something may not be chosen.
    """

    count: int
    width: int
    bias: np.ndarray
    touched: tuple[int, ...]

    @property
    def size(self) -> int:
        """Ids in all blocks together."""
        return self.count * self.width


def cut_blocks(vocabulary_size: int, blocked_ids: Collection[int]) -> Blocks:
    """Cuts a vocabulary into blocks of about sqrt(V) ids.

    Where V has a divisor of that order, logits are cut without a copy; otherwise they are padded
    in each step, which costs one copy of them.

    Args:
        vocabulary_size: V.
        blocked_ids: ids that are never chosen.

    Example:
    >>> cut_blocks(10_000, [0]).width, cut_blocks(10_007, [0]).size
    (100, 10100)
    """
    root = math.isqrt(vocabulary_size)
    widths = [
        width
        for width in range(max(1, root // 3), 4 * root + 1)
        if vocabulary_size % width == 0 or width == root
    ]
    width = min(
        widths, key=lambda width: (vocabulary_size % width > 0, abs(math.log(width / root)))
    )
    count = -(-vocabulary_size // width)
    bias = np.zeros(count * width, "float32")
    bias[vocabulary_size:] = NEVER
    bias[[one for one in blocked_ids if one < vocabulary_size]] = NEVER
    table = bias.reshape(count, width)
    return Blocks(count, width, table, tuple(np.flatnonzero(table.any(axis=1)).tolist()))
