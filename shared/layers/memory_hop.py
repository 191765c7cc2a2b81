"""One look into a memory: attend, read, and carry the answer over to the next look.

`apps.memory_qa.model` calls one such layer once per hop.
"""

from typing import Any

import keras
from keras import ops

from shared.layers.constants import NEVER


@keras.saving.register_keras_serializable(package="brickyard")
class MemoryHop(keras.layers.Layer):
    """Looks a query up in a memory and adds what it finds to the query.

        p_i = softmax_i(u . m_i)         (linear: p_i = u . m_i)
        o   = sum_i p_i c_i
        u'  = u + o                      (project: u' = H u + o)

    Source: Sukhbaatar, Szlam, Weston, Fergus 2015, End-To-End Memory Networks, sections 2.1, 2.2
    and, for the linear form (linear start), 4.2 (arXiv:1503.08895).

    Mask: `sentence_mask` is true at real memories; the others get an attention of exactly zero.
    When no memory is real, attention and o are zero, and all gradients are finite. Without a mask
    every memory is real.

    float16: attention is computed in float32 and cast to the compute dtype, so the constant that
    stands for "never" cannot overflow.

    Args:
        project: multiply the query with a learnt matrix H (D, D), N(0, 0.1), before adding.
            Calls of one layer share it, as layer-wise tying wants. Default false.
        nonlinear: apply a ReLU to the second half of u' (section 5). Default false.
        linear: leave the softmax out. May also be set on the layer between two compilations
            (`layer.linear = True`). Default false.

    Call arguments:
        query: u (B, D).
        input_memories: m (B, N, D), what is compared with the query.
        output_memories: c (B, N, D), what is read.
        sentence_mask: bool (B, N), true at real memories. Default: all real.

    Returns:
        The new query u' (B, D), and the attention p (B, N).

    Example:
    >>> import numpy as np
    >>> memories = np.array([[[0.0, 1.0], [9.0, 9.0]]], "float32")
    >>> query, attention = MemoryHop()(
    ...     np.array([[1.0, 2.0]], "float32"), memories, memories, np.array([[True, False]])
    ... )
    >>> ops.convert_to_numpy(query).tolist(), ops.convert_to_numpy(attention).tolist()
    ([[1.0, 3.0]], [[1.0, 0.0]])
    """

    def __init__(
        self,
        *,
        project: bool = False,
        nonlinear: bool = False,
        linear: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.project = project
        self.nonlinear = nonlinear
        self.linear = linear

    def build(
        self,
        query_shape: Any,
        input_memories_shape: Any = None,
        output_memories_shape: Any = None,
        sentence_mask_shape: Any = None,
    ) -> None:
        """Creates H when the query is projected."""
        self.projection = None
        if self.project:
            self.projection = self.add_weight(
                name="projection",
                shape=(query_shape[-1], query_shape[-1]),
                initializer=keras.initializers.RandomNormal(stddev=0.1),
            )

    def call(
        self,
        query: Any,
        input_memories: Any,
        output_memories: Any,
        sentence_mask: Any = None,
    ) -> tuple[Any, Any]:
        """Returns the new query (B, D) and the attention (B, N)."""
        matches = ops.matmul(input_memories, ops.expand_dims(query, -1))  # (B, N, 1)
        matches = ops.cast(ops.squeeze(matches, -1), "float32")
        attention = self._attend(matches, sentence_mask)
        attention = ops.cast(attention, self.compute_dtype)
        found = ops.squeeze(ops.matmul(ops.expand_dims(attention, 1), output_memories), 1)
        if self.projection is not None:
            query = ops.matmul(query, self.projection)
        query = query + found
        return (self._rectified(query) if self.nonlinear else query), attention

    def _rectified(self, query: Any) -> Any:
        half = query.shape[-1] // 2
        return ops.concatenate([query[:, :half], ops.relu(query[:, half:])], axis=-1)

    def _attend(self, matches: Any, sentence_mask: Any) -> Any:
        if sentence_mask is None:
            sentence_mask = ops.ones_like(matches, dtype="bool")
        real = ops.cast(sentence_mask, "float32")
        if self.linear:
            return matches * real
        # Not ops.softmax: it gives NaN or a uniform answer over no real memory at all, and warns
        # of a story of one sentence. Here the total is at least 1, or exactly 0 without memories.
        matches = ops.where(sentence_mask, matches, NEVER)
        peak = ops.stop_gradient(ops.max(matches, axis=-1, keepdims=True))
        weights = ops.exp(matches - peak) * real
        total = ops.sum(weights, axis=-1, keepdims=True)
        return weights / (total + ops.cast(ops.equal(total, 0.0), "float32"))

    def compute_output_shape(
        self,
        query_shape: Any,
        input_memories_shape: Any,
        output_memories_shape: Any = None,
        sentence_mask_shape: Any = None,
    ) -> Any:
        """Returns the shapes of query and attention."""
        return tuple(query_shape), tuple(input_memories_shape[:2])

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {
            **super().get_config(),
            "project": self.project,
            "nonlinear": self.nonlinear,
            "linear": self.linear,
        }
