"""What a network that writes gives to the searches of this folder."""

from typing import Any, Protocol

from keras import ops, tree


class Step(Protocol):
    """One step of a network that writes a sequence, all beams of all items at once.

    R = B * K rows; the K beams of an item are adjacent. What is the same for all beams of an item,
    such as the encoded source (B, S, D), belongs into the closure of the function, not into the
    state: the state is reordered whenever beams change places.
    """

    def __call__(self, ids: Any, position: Any, state: Any) -> tuple[Any, Any, Any]:
        """Reads the newest ids and scores what may follow.

        Args:
            ids: int32 (R,), the newest id of each row; the start id at position 0.
            position: int32 scalar, how many ids were read before these.
            state: nest of tensors whose first axis is R; the same structure, shapes and dtypes
                in each step.

        Returns:
            logits float32 (R, V), finite; the new state; and the attention float32 (R, S) over
            the source that led to these logits, or None.
        """
        ...


def repeat_beams(state: Any, beam_width: int) -> Any:
    """Returns a state with every row (of B) repeated for the beams of its item (R = B * K).

    Example:
    >>> import numpy as np
    >>> ops.convert_to_numpy(repeat_beams({"h": np.array([[1], [2]])}, 2)["h"])[:, 0].tolist()
    [1, 1, 2, 2]
    """
    return tree.map_structure(lambda value: ops.repeat(value, beam_width, axis=0), state)
