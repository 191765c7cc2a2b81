"""What a search adds to or forbids in the probabilities of a network.

The penalties rank whole sequences (`beam_search`, `rollout`); the guard against repeated n-grams
forbids single ids in each step.
"""

from typing import Any

from keras import ops

from shared.layers.constants import NEVER


def length_penalty(lengths: Any, alpha: float) -> Any:
    """Returns what log-probabilities are divided by, so that long sequences are not at a loss.

        lp(n) = ((5 + n) / 6) ^ alpha

    Source: Wu et al. 2016, Google's Neural Machine Translation System, equation 14
    (arXiv:1609.08144).

    Args:
        lengths: number of ids, the end id included, of any shape.
        alpha: 0 leaves log-probabilities as they are; the paper found 0.6 to 0.7 best.

    Example:
    >>> float(length_penalty(7, 1.0))
    2.0
    """
    return ops.power((5.0 + ops.cast(lengths, "float32")) / 6.0, alpha)


def coverage_penalty(coverage: Any, source_mask: Any, beta: float) -> Any:
    """Returns what is added to the score of a sequence that left source places unread.

        cp = beta * sum_i log(min(sum_j p_ij, 1))

    with p_ij the attention of id j to source place i. It is never above 0. A place that was
    never looked at counts as a sum of 1e-6 instead of an infinity.

    Source: Wu et al. 2016, equation 14 (arXiv:1609.08144).

    Args:
        coverage: float32 (R, S), sum of the attention over the ids of each row.
        source_mask: bool (R, S), true at real source places; the others count nothing.
        beta: weight, at least 0; the paper found 0.2 best.

    Returns:
        float32 (R,).

    Example:
    >>> import numpy as np
    >>> seen = np.array([[2.0, 1.0, 0.0]], "float32")
    >>> [round(float(coverage_penalty(seen, np.array([[1, 1, real]], bool), 0.2)[0]), 2)
    ...  for real in (0, 1)]
    [0.0, -2.76]
    """
    unread = ops.log(ops.clip(coverage, 1e-6, 1.0))
    return beta * ops.sum(ops.where(source_mask, unread, 0.0), axis=-1)


def forbid_repeats(logits: Any, history: Any, position: Any, size: int) -> Any:
    """Returns logits in which no id can complete an n-gram that its row holds already.

    Source: Paulus, Xiong, Socher 2017, A Deep Reinforced Model for Abstractive Summarization,
    section 2.5 (arXiv:1705.04304).

    Args:
        logits: float32 (R, V).
        history: int32 (T + size - 1, R), the ids each row has written; the newest one in row
            `position - 1`, whatever later.
        position: int32 scalar, how many ids there are.
        size: n, at least 1; with 1 no id comes twice.

    Returns:
        float32 (R, V), the forbidden at -1e9. Where nothing is forbidden, id 0 is: it is the
        padding, which is never written.
    """
    windows = ops.shape(history)[0] - size + 1
    starts = ops.expand_dims(ops.arange(windows, dtype="int32"), 1)  # (T, 1)
    # A window counts when the id behind its size - 1 ids is written too.
    found = starts <= position - size
    for offset in range(size - 1):
        # Before there are enough ids the index is negative and wraps; no window counts then.
        newest = ops.take(history, position - (size - 1) + offset, axis=0)  # (R,)
        found = ops.logical_and(found, ops.equal(history[offset : offset + windows], newest))
    following = history[size - 1 : size - 1 + windows]
    ids = ops.transpose(ops.where(found, following, 0))  # (R, T)
    rows = ops.zeros_like(ids) + ops.expand_dims(ops.arange(ops.shape(ids)[0], dtype="int32"), 1)
    places = ops.stack([ops.reshape(rows, (-1,)), ops.reshape(ids, (-1,))], axis=1)
    never = ops.full((ops.shape(places)[0],), NEVER, dtype="float32")
    return ops.scatter_update(logits, places, never)
