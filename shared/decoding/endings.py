"""What a beam search has noted, and how the best sequences are read from it, last id first.

`beam_loop` calls `collect` once, after its last step.
"""

from typing import Any, NamedTuple

import numpy as np
from keras import ops

from shared.decoding.candidates import first_rows
from shared.decoding.limits import Limits
from shared.decoding.penalties import length_penalty
from shared.decoding.sequences import Sequences
from shared.layers.constants import NEVER


class Endings(NamedTuple):
    """What a beam search has noted.

    Args:
        ids: int32 (T, R), what each row wrote in each step.
        parents: int32 (T, R), the former row that each row continued in each step.
        log_probability: float32 (T, B, K), of the sequence that beam k had before step t, ended
            there; about -1e9 where it was not.
        penalties: float32 (T, B, K), what is added to the scores of endings, or 0.
        cut_log_probability: float32 (B, K), of what was not ended at the limit of its item.
        cut_penalties: float32 (B, K), or 0.
        attention: float32 (T, R, S), that of each row in each step, or None.
    """

    ids: Any
    parents: Any
    log_probability: Any
    penalties: Any
    cut_log_probability: Any
    cut_penalties: Any
    attention: Any


class _Chosen(NamedTuple):
    """The N best of each item; all (B, N). `before` counts the ids without the end id."""

    score: Any
    log_probability: Any
    before: Any
    beam: Any


def collect(
    endings: Endings, *, rows: Any, limits: Limits, end_id: int, n_best: int, alpha: float
) -> Sequences:
    """Returns the N best of each item: first what has ended, then what was cut.

    Args:
        endings: what the search has noted.
        rows: int32 (B, 1), the first row of each item.
        limits: how long sequences could become.
        end_id: what ends a sequence.
        n_best: N, at most K.
        alpha: of `length_penalty`.
    """
    ended = _best_ended(endings, limits, n_best, alpha)
    cut = _best_cut(endings, limits, n_best, alpha)
    place = np.arange(n_best, dtype="int32")
    number = ops.sum(ops.cast(ended.score > NEVER / 2, "int32"), axis=1, keepdims=True)
    finished = place < number  # (B, N)
    source = ops.where(finished, place, place - number + n_best)
    best = _Chosen(
        *(_pick(ops.concatenate(pair, axis=1), source) for pair in zip(ended, cut, strict=True))
    )
    steps = ops.reshape(ops.arange(limits.steps, dtype="int32"), (-1, 1, 1))
    after = _trace(endings.parents, best, rows, limits)  # (T, B, N)
    size = ops.shape(endings.parents)[1]
    ids = ops.take(ops.reshape(endings.ids, (-1,)), after + steps * size, axis=0)
    ids = ops.where(steps < best.before, ids, 0)
    ids = ops.where(ops.logical_and(steps == best.before, finished), end_id, ids)
    lengths = best.before + ops.cast(finished, "int32")
    attention = None
    if endings.attention is not None:
        # An id was chosen in the row in which the id before it was written.
        first = ops.zeros_like(after[:1]) + rows
        places = ops.concatenate([first, after[:-1]], axis=0) + steps * size
        source = ops.shape(endings.attention)[-1]
        attention = ops.take(ops.reshape(endings.attention, (-1, source)), places, axis=0)
        attention = ops.where(ops.expand_dims(steps < lengths, -1), attention, 0.0)
        attention = ops.transpose(attention, (1, 2, 0, 3))
    return Sequences(
        ops.transpose(ids, (1, 2, 0)),
        lengths,
        finished,
        best.log_probability,
        best.score,
        attention,
    )


def _best_ended(endings: Endings, limits: Limits, n_best: int, alpha: float) -> _Chosen:
    lengths = ops.reshape(ops.arange(limits.steps, dtype="int32") + 1, (-1, 1, 1))
    scores = endings.log_probability / length_penalty(lengths, alpha) + endings.penalties
    scores = ops.where(endings.log_probability > NEVER / 2, scores, NEVER)
    scores, places = ops.top_k(_by_item(scores, limits), n_best)
    places = ops.cast(places, "int32")
    log_probability = _pick(_by_item(endings.log_probability, limits), places)
    width = endings.log_probability.shape[-1]
    return _Chosen(scores, log_probability, places // width, places % width)


def _best_cut(endings: Endings, limits: Limits, n_best: int, alpha: float) -> _Chosen:
    scores = endings.cut_log_probability / length_penalty(limits.items, alpha)
    scores, beams = ops.top_k(scores + endings.cut_penalties, n_best)
    beams = ops.cast(beams, "int32")
    log_probability = _pick(endings.cut_log_probability, beams)
    before = ops.where(log_probability > NEVER / 2, limits.items, 0)
    return _Chosen(scores, log_probability, before, beams)


def _trace(parents: Any, best: _Chosen, rows: Any, limits: Limits) -> Any:
    """Returns the row in which each id before the end was written, (T, B, N)."""
    size = ops.shape(parents)[1]
    flat = ops.reshape(parents, (-1,))

    def body(position: Any, row: Any, after: Any) -> tuple[Any, Any, Any]:
        place = ops.reshape(position, (1, 1))
        after = ops.scatter_update(after, place, ops.expand_dims(row, 0))
        former = ops.take(flat, row + position * size, axis=0)
        # Shorter sequences wait for their last id.
        return position - 1, ops.where(position < best.before, former, row), after

    row = best.beam + rows
    after = ops.zeros((limits.steps, *ops.shape(row)), dtype="int32")
    last = ops.max(best.before) - 1
    return ops.while_loop(lambda position, *_: position >= 0, body, (last, row, after))[2]


def _by_item(values: Any, limits: Limits) -> Any:
    """Moves the items of values (T, B, K) to the front: (B, T * K)."""
    values = ops.transpose(values, (1, 0, 2))
    return ops.reshape(values, (-1, limits.steps * values.shape[-1]))


def _pick(values: Any, places: Any) -> Any:
    """Returns values (B, M) of each item at its places (B, N)."""
    batch, size = ops.shape(values)
    return ops.take(ops.reshape(values, (-1,)), places + first_rows(batch, size), axis=0)
