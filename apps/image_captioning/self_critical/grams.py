"""The n-grams of many captions at once, as numbers: what `cider` counts.

Four ids of 16 bits stand side by side in one integer of 64, so that grams are compared, sorted and
looked up without a Python object for any of them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

ORDERS = 4  # Grams of one to four words.
BITS = 16
LARGEST_ID = 2**BITS - 2


class Grams(NamedTuple):
    """The distinct grams of each of P captions, caption by caption.

    Args:
        rows: int64 (M,), the caption of each gram.
        keys: uint64 (M,), ascending within a caption; equal keys, equal grams.
        orders: int64 (M,), words of each gram less one, 0 to 3.
        counts: float64 (M,), how often it stands in its caption.
    """

    rows: np.ndarray
    keys: np.ndarray
    orders: np.ndarray
    counts: np.ndarray


def count_grams(captions: Sequence[np.ndarray]) -> Grams:
    """Counts the grams of one to four ids in each caption.

    Args:
        captions: P arrays of ids from 0 to 65,534, of any lengths.

    Raises:
        ValueError: an id is out of its range.

    Example:
    >>> grams = count_grams([np.array([7, 7]), np.array([], int)])
    >>> grams.rows.tolist(), grams.orders.tolist(), grams.counts.tolist()
    ([0, 0], [0, 1], [2.0, 1.0])
    """
    lengths = np.array([len(ids) for ids in captions], np.int64)
    flat = np.concatenate([np.zeros(0, np.int64), *captions]).astype(np.int64)
    if len(flat) and not 0 <= flat.min() <= flat.max() <= LARGEST_ID:
        raise ValueError(
            f"Expected ids from 0 to {LARGEST_ID:,}, got {flat.min():,} to {flat.max():,}."
        )
    rows = np.repeat(np.arange(len(lengths)), lengths)
    # An id is stored one higher, so a gram of fewer words has a zero where others have an id.
    words = (flat + 1).astype(np.uint64)
    keys, owners = [], []
    window = np.zeros(len(words), np.uint64)
    for order in range(ORDERS):
        starts = len(words) - order
        if starts <= 0:
            break
        window = window[:starts] | (words[order:] << np.uint64(BITS * order))
        inside = rows[:starts] == rows[order:]
        keys.append(window[inside])
        owners.append(rows[:starts][inside])
    return _distinct(
        np.concatenate([np.zeros(0, np.int64), *owners]),
        np.concatenate([np.zeros(0, np.uint64), *keys]),
    )


def _distinct(rows: np.ndarray, keys: np.ndarray) -> Grams:
    order = np.lexsort((keys, rows))
    rows, keys = rows[order], keys[order]
    first = np.ones(len(rows), bool)
    first[1:] = (rows[1:] != rows[:-1]) | (keys[1:] != keys[:-1])
    places = np.flatnonzero(first)
    counts = np.diff(np.append(places, len(rows))).astype(np.float64)
    rows, keys = rows[places], keys[places]
    orders = sum((keys >> np.uint64(BITS * n) > 0).astype(np.int64) for n in range(1, ORDERS))
    return Grams(rows, keys, np.asarray(orders, np.int64), counts)
