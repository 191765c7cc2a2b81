"""Training examples behind an index: which rows make up batch number i.

Resuming a killed run must see the same batches without any saved iterator, so batch `index`
is a pure function of (seed, index). Examples of like length go together, because a batch is as
long as its longest example. The apps' own batch classes build on `BucketedRows`; the training
helper sees only the protocol `Batches`.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np


class Batches(Protocol):
    """What the training helper reads: `len(batches)` batches an epoch, any index from 0 on.

    The epoch of a batch is `index // len(batches)`. A batch is (inputs, targets) or (inputs,
    targets, sample weights); names, number of axes and dtypes are the same in all batches, the
    sizes of the axes may differ.

    Where a row is not what a person counts (words, tokens), a method `items(index)` gives their
    number in a batch, for the speed that is shown. Where a batch depends on the weights of the
    moment too, an attribute `ahead` of 0 has it made when its step begins, and not before.
    """

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> tuple: ...


def smallest_fitting(length: int, boundaries: Sequence[int]) -> int:
    """Returns the smallest boundary that is not below a length, or the length itself.

    Few distinct sizes mean few compiled programs.

    Example:
    >>> smallest_fitting(5, (4, 8, 16)), smallest_fitting(20, (4, 8, 16))
    (8, 20)
    """
    return min((size for size in boundaries if size >= length), default=length)


class BucketedRows:
    """Row numbers of each batch: shuffled within length buckets, each row once an epoch.

    What is left over in a bucket goes up into the next, longer one, so that only one batch of
    an epoch is not full.

    Args:
        lengths: length of each row, int.
        batch_size: rows in a batch, from 1.
        seed: of the shuffling, from 0.
        boundaries: upper lengths of the buckets, ascending; longer rows share one more bucket.
        shuffle: False keeps the rows of a bucket and the batches in order (for validation).

    Example:
    >>> rows = BucketedRows([3, 9, 4, 8], batch_size=2, seed=0, boundaries=(4,), shuffle=False)
    >>> [rows.rows(index).tolist() for index in range(len(rows))]
    [[0, 2], [1, 3]]
    """

    def __init__(
        self,
        lengths: Sequence[int] | np.ndarray,
        *,
        batch_size: int,
        seed: int = 0,
        boundaries: Sequence[int] = (),
        shuffle: bool = True,
    ) -> None:
        self._buckets = np.searchsorted(np.asarray(boundaries), np.asarray(lengths), side="left")
        self._size = max(1, batch_size)
        self._seed = seed
        self._shuffle = shuffle
        self._epoch: tuple[int, list[np.ndarray]] | None = None

    def __len__(self) -> int:
        """Batches in an epoch."""
        return -(-len(self._buckets) // self._size)

    def rows(self, index: int) -> np.ndarray:
        """Returns the rows of a batch, int64 (B,).

        Args:
            index: number of the batch, from 0; the epochs follow one another.
        """
        if index < 0 or not len(self):
            raise IndexError(f"Expected a batch from 0 on, received {index} of {len(self)}.")
        epoch, place = divmod(index, len(self))
        # One tuple read and written at once: several threads may ask for batches.
        held = self._epoch
        if held is None or held[0] != epoch:
            held = self._epoch = (epoch, self._batches(epoch))
        return held[1][place]

    def _batches(self, epoch: int) -> list[np.ndarray]:
        rows = np.arange(len(self._buckets))
        generator = np.random.default_rng((self._seed, epoch))
        if self._shuffle:
            generator.shuffle(rows)
        # A stable sort by bucket keeps the shuffled order within a bucket, and cutting the whole
        # into equal parts is what carries leftovers up into the next bucket.
        rows = rows[np.argsort(self._buckets[rows], kind="stable")]
        batches = [rows[start : start + self._size] for start in range(0, len(rows), self._size)]
        if self._shuffle:
            batches = [batches[place] for place in generator.permutation(len(batches))]
        return batches
