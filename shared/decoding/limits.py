"""How long sequences may become: one size for the buffers, and a limit for each item."""

from typing import Any, NamedTuple

from keras import ops


class Limits(NamedTuple):
    """How long sequences may become.

    Args:
        steps: int or int32 scalar, T, size of the buffers.
        items: int32 (B, 1), most ids of each item, the end id included.
    """

    steps: Any
    items: Any


def set_limits(batch: Any, max_steps: Any, max_lengths: Any) -> Limits:
    """Returns limits of at least one id.

    Raises:
        ValueError: `max_steps` is a number below 1.
    """
    if isinstance(max_steps, int):
        if max_steps < 1:
            raise ValueError(f"Expected max_steps of at least 1, received {max_steps}.")
        steps = max_steps
    else:
        steps = ops.maximum(ops.cast(max_steps, "int32"), 1)
    items = ops.zeros((batch, 1), dtype="int32") + ops.cast(steps, "int32")
    if max_lengths is not None:
        most = ops.expand_dims(ops.cast(max_lengths, "int32"), 1)
        items = ops.maximum(ops.minimum(most, items), 1)
    return Limits(steps, items)
