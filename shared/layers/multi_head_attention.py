"""Attention with several heads, in the two halves that cached decoding needs.

`TransformerEncoderBlock` and `TransformerDecoderBlock` use it; a decoder that works token by token
calls `project` once for what it attends to, and `attend` at each step.
"""

from typing import Any

import keras
from keras import ops

from shared.layers.constants import NEVER


@keras.saving.register_keras_serializable(package="brickyard")
class MultiHeadAttention(keras.layers.Layer):
    """Lets each query look at all places of a memory, with H heads of D / H features.

        head_h = softmax(Q_h K_h' / sqrt(D / H)) V_h,    output = [head_1 .. head_H] W_o

    Source: Vaswani et al. 2017, Attention Is All You Need, section 3.2 (arXiv:1706.03762).

    Mask: `attention_mask` is true where a query may look. A query that may look nowhere looks
    everywhere alike, so nothing becomes NaN; mask such rows afterwards.

    float16: scores are computed in float32 and cast back after the softmax.

    Args:
        num_heads: H; divides the features of the queries.
        dropout: share of the attention weights that are dropped in training, 0 to below 1.

    Call arguments:
        queries: (B, T, D).
        memory: (B, S, M).
        attention_mask: bool (B, T, S), or (B, 1, S) for the same places for every query. Default:
            everywhere.

    Returns:
        (B, T, D).
    """

    def __init__(self, *, num_heads: int, dropout: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.num_heads = num_heads
        self.dropout = dropout
        self._drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy, name="dropout")

    def build(
        self, queries_shape: Any, memory_shape: Any, attention_mask_shape: Any = None
    ) -> None:
        """Makes the four projections.

        Raises:
            ValueError: the number of features is unknown, or the heads do not divide it.
        """
        size = queries_shape[-1]
        if not size or size % self.num_heads:
            raise ValueError(
                f"MultiHeadAttention expected queries (B, T, D) with D divisible by "
                f"{self.num_heads} heads, received shape {tuple(queries_shape)}."
            )
        self._query = keras.layers.Dense(size, dtype=self.dtype_policy, name="query")
        self._key_value = keras.layers.Dense(2 * size, dtype=self.dtype_policy, name="key_value")
        self._output = keras.layers.Dense(size, dtype=self.dtype_policy, name="output")
        self._query.build(queries_shape)
        self._key_value.build(memory_shape)
        self._output.build((*queries_shape[:-1], size))
        self._drop.build(queries_shape)

    def call(
        self, queries: Any, memory: Any, attention_mask: Any = None, training: bool = False
    ) -> Any:
        """Attends with queries (B, T, D) to a memory (B, S, M)."""
        keys, values = self.project(memory)
        return self.attend(queries, keys, values, attention_mask, training=training)[0]

    def project(self, memory: Any) -> tuple[Any, Any]:
        """Returns keys and values (B, H, S, D / H) of a memory (B, S, M)."""
        keys, values = ops.split(self._key_value(memory), 2, axis=-1)
        return self._heads(keys), self._heads(values)

    def attend(
        self,
        queries: Any,
        keys: Any,
        values: Any,
        attention_mask: Any = None,
        *,
        training: bool = False,
    ) -> tuple[Any, Any]:
        """Attends with queries (B, T, D) to projected places.

        Returns:
            (B, T, D), and the weights (B, H, T, S).
        """
        heads = self._heads(self._query(queries))
        scale = heads.shape[-1] ** -0.5
        scores = ops.matmul(heads * ops.cast(scale, heads.dtype), ops.swapaxes(keys, 2, 3))
        scores = ops.cast(scores, "float32")
        if attention_mask is not None:
            scores = ops.where(attention_mask[:, None], scores, NEVER)
        weights = ops.cast(ops.softmax(scores), values.dtype)
        mixed = ops.matmul(self._drop(weights, training=training), values)
        joined = ops.reshape(
            ops.swapaxes(mixed, 1, 2),
            (-1, ops.shape(queries)[1], values.shape[-1] * self.num_heads),
        )
        return self._output(joined), weights

    def kernels(self) -> dict[str, tuple[Any, Any]]:
        """Returns kernel and bias of "query", "key_value" and "output", read once.

        Those of the queries hold the 1 / sqrt(D / H) of the scores.
        """
        layers = {"query": self._query, "key_value": self._key_value, "output": self._output}
        read = {
            name: tuple(ops.cast(ops.copy(it), self.compute_dtype) for it in (one.kernel, one.bias))
            for name, one in layers.items()
        }
        scale = (read["query"][1].shape[0] // self.num_heads) ** -0.5
        return {**read, "query": tuple(weight * scale for weight in read["query"])}

    def _heads(self, inputs: Any) -> Any:
        """Cuts (B, T, D) into (B, H, T, D / H)."""
        shape = (-1, ops.shape(inputs)[1], self.num_heads, inputs.shape[-1] // self.num_heads)
        return ops.swapaxes(ops.reshape(inputs, shape), 1, 2)

    def compute_output_shape(
        self, queries_shape: Any, memory_shape: Any, attention_mask_shape: Any = None
    ) -> Any:
        """Returns the shape of the queries."""
        return tuple(queries_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, for saving."""
        return {**super().get_config(), "num_heads": self.num_heads, "dropout": self.dropout}
