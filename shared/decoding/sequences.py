"""What the searches of this folder give back; the apps turn it into words."""

from typing import Any, NamedTuple


class Sequences(NamedTuple):
    """The N best sequences of each of B items, best first.

    Finished sequences, which end with the end id, stand before those that were cut at their
    limit; each kind is in falling order of score. A place for which there is no sequence (a
    vocabulary smaller than N) has length 0 and a log-probability of about -1e9.

    A named tuple is a nest, so it can leave `tf.function` and `jax.jit`.

    Args:
        token_ids: int32 (B, N, T), the end id included, 0 behind it.
        lengths: int32 (B, N), ids of each sequence, the end id included.
        finished: bool (B, N), whether the sequence ends with the end id.
        log_probability: float32 (B, N), natural logarithm; the sum over the ids.
        score: float32 (B, N), the log-probability after the penalties; what is ranked.
        attention: float32 (B, N, T, S), zero behind the end; None unless asked for.
    """

    token_ids: Any
    lengths: Any
    finished: Any
    log_probability: Any
    score: Any
    attention: Any = None
