"""The best next ids out of beams times vocabulary; the costly part of each step of a search.

`beam_loop` and `greedy` call it. On a CPU, finding the best k of a large vocabulary takes longer
than the network itself, so the vocabulary is cut into blocks: the best k of all ids lie in the k
blocks with the highest maxima, and a maximum is found an order of magnitude faster.
"""

from typing import Any, NamedTuple

import numpy as np
from keras import ops

from shared.decoding.blocks import Blocks


class Candidates(NamedTuple):
    """The K best continuations of each item, best first.

    Args:
        log_probability: float32 (B, K), of the whole sequence.
        beams: int32 (B, K), which beam is continued.
        ids: int32 (B, K), with which id.
        offsets: float32 (R, 1), what makes log-probabilities of whole sequences of the logits.
    """

    log_probability: Any
    beams: Any
    ids: Any
    offsets: Any


def log_normaliser(logits: Any, largest: Any = None) -> Any:
    """Returns log(sum(exp(logits))) of each row, (R, 1).

    With p = softmax(logits), the largest p is exp(max(logits) - normaliser). One softmax and two
    maxima are faster than the sum, which TensorFlow spreads over five passes.

    Args:
        logits: float32 (R, V).
        largest: float32 (R, 1), the maximum of each row, if it is known.
    """
    if logits.shape[-1] == 1:
        return logits
    if largest is None:
        largest = ops.max(logits, axis=-1, keepdims=True)
    return largest - ops.log(ops.max(ops.softmax(logits, axis=-1), axis=-1, keepdims=True))


def best_candidates(
    logits: Any, live: Any, blocks: Blocks, *, rows: Any, known: int, allowed: Any = None
) -> Candidates:
    """Returns the K best continuations of the K beams of each item.

    Of equal ones any may come first, but with K = 1 it is that of the smallest id.

    Args:
        logits: float32 (R, V).
        live: float32 (B, K), log-probability of each beam so far.
        blocks: how V is cut.
        rows: int32 (B, 1), the first row of each item (`first_rows`).
        known: B, or -1 where it is a tensor.
        allowed: float32 (R, V), the logits that ids are chosen by. Default: `logits`.
    """
    width, count, beam_width = blocks.width, blocks.count, live.shape[-1]
    inside = _cut(logits if allowed is None else allowed, blocks)  # (R, count, width)
    maxima = ops.max(inside, axis=-1)  # (R, count)
    largest = ops.max(maxima, axis=-1, keepdims=True) if allowed is None else None
    offsets = ops.reshape(live, (-1, 1)) - log_normaliser(logits, largest)
    for block in blocks.touched:
        rest = ops.max(inside[:, block] + blocks.bias[block], axis=-1, keepdims=True)
        maxima = ops.where(np.arange(count) == block, rest, maxima)

    # === The best blocks, and all ids in them ===
    maxima = ops.reshape(maxima + offsets, (known, beam_width * count))
    highest, chosen = ops.top_k(maxima, beam_width)  # (B, K)
    chosen = ops.cast(chosen, "int32")
    inside = ops.take(ops.reshape(inside, (-1, width)), chosen + rows * count, axis=0)
    if blocks.touched:
        inside = inside + ops.take(blocks.bias, chosen % count, axis=0)
    # The best of a block has the value by which the block was chosen.
    inside = inside + ops.expand_dims(highest - ops.max(inside, axis=-1), -1)  # (B, K, width)

    # === The best ids ===
    values, places = ops.top_k(ops.reshape(inside, (known, beam_width * width)), beam_width)
    places = ops.cast(places, "int32")
    if beam_width > 1:
        slots = ops.expand_dims(places // width, -1) == np.arange(beam_width)  # (B, K, K)
        chosen = ops.sum(ops.where(slots, ops.expand_dims(chosen, 1), 0), axis=-1)
    codes = chosen * width + places % width  # beam * size + id
    return Candidates(values, codes // blocks.size, codes % blocks.size, offsets)


def _cut(logits: Any, blocks: Blocks) -> Any:
    """Returns logits (R, V) as blocks (R, count, width)."""
    missing = blocks.size - logits.shape[-1]
    if missing:
        logits = ops.pad(logits, ((0, 0), (0, missing)))
    return ops.reshape(logits, (-1, blocks.count, blocks.width))


def first_rows(batch: Any, width: Any) -> Any:
    """Returns the place of the first of `width` values of each item in a flat list, (B, 1)."""
    return ops.expand_dims(ops.arange(batch, dtype="int32") * width, 1)


def known_size(batch: Any) -> int:
    """Returns B where it is a number, else -1: what a reshape needs to keep static shapes."""
    return batch if isinstance(batch, int) else -1
