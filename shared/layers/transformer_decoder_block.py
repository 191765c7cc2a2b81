"""One layer of a Transformer's decoder, for whole sequences and for one token at a time."""

from typing import Any

import keras
from keras import ops

from shared.layers.feed_forward import FeedForward
from shared.layers.multi_head_attention import MultiHeadAttention
from shared.layers.residual import Residual


@keras.saving.register_keras_serializable(package="brickyard")
class TransformerDecoderBlock(keras.layers.Layer):
    """Causal self-attention, attention to the encoder, and a feed-forward part.

    Source: Vaswani et al. 2017, Attention Is All You Need, section 3.1 (arXiv:1706.03762); with
    `norm_first`, Xiong et al. 2020 (arXiv:2002.04745).

    Mask: `memory_mask` is true at real places of the memory, the source's own mask. The targets
    need none: a token sees only those before it, and padding stands behind the last.

    Args:
        num_heads: heads of both attentions; divides D.
        units: width of the feed-forward part.
        dropout: share of what each part adds that is dropped in training, 0 to below 1.
        attention_dropout: likewise of attention weights.
        activation_dropout: likewise of the rectified units.
        norm_first: normalise before each part instead of after its sum.

    Call arguments:
        inputs: (B, T, D).
        memory: (B, S, M).
        memory_mask: bool (B, S).

    Returns:
        (B, T, D).
    """

    def __init__(
        self,
        *,
        num_heads: int,
        units: int,
        dropout: float = 0.0,
        attention_dropout: float = 0.0,
        activation_dropout: float = 0.0,
        norm_first: bool = False,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.num_heads, self.units = num_heads, units
        self.dropout, self.norm_first = dropout, norm_first
        self.attention_dropout, self.activation_dropout = attention_dropout, activation_dropout
        low = {"dtype": self.dtype_policy}
        heads = {"num_heads": num_heads, "dropout": attention_dropout, **low}
        around = {"norm_first": norm_first, "dropout": dropout, **low}
        self._attention = MultiHeadAttention(name="attention", **heads)
        self._attention_sum = Residual(name="attention_sum", **around)
        self._cross_attention = MultiHeadAttention(name="cross_attention", **heads)
        self._cross_attention_sum = Residual(name="cross_attention_sum", **around)
        self._feed_forward = FeedForward(
            units=units, dropout=activation_dropout, name="feed_forward", **low
        )
        self._feed_forward_sum = Residual(name="feed_forward_sum", **around)

    def build(self, inputs_shape: Any, memory_shape: Any, memory_mask_shape: Any = None) -> None:
        """Builds the parts."""
        self._attention.build(inputs_shape, inputs_shape)
        self._cross_attention.build(inputs_shape, memory_shape)
        self._feed_forward.build(inputs_shape)
        for around in (self._attention_sum, self._cross_attention_sum, self._feed_forward_sum):
            around.build(inputs_shape)

    def call(self, inputs: Any, memory: Any, memory_mask: Any, training: bool = False) -> Any:
        """Maps (B, T, D) to (B, T, D)."""
        places = ops.arange(ops.shape(inputs)[1])
        causal = (places[None, :] <= places[:, None])[None]
        queries = self._attention_sum.enter(inputs)
        seen = self._attention(queries, queries, causal, training=training)
        x = self._attention_sum(inputs, seen, training=training)
        seen, _ = self._look_across(x, *self.project(memory), memory_mask, training=training)
        return self._finish(x, seen, training=training)

    def project(self, memory: Any) -> tuple[Any, Any]:
        """Returns what `step` needs of a memory (B, S, M): keys and values (B, H, S, D / H)."""
        return self._cross_attention.project(memory)

    def step(
        self,
        inputs: Any,
        position: Any,
        cache: dict[str, Any],
        projected: tuple[Any, Any],
        memory_mask: Any,
    ) -> tuple[Any, dict[str, Any], Any]:
        """Does for one new token what `call` does for all.

        Args:
            inputs: (R, D), the token at `position` of R = B K rows, the K rows of an item adjacent.
            position: int32 scalar.
            cache: "keys" and "values" (R, H, T, D / H), filled below `position`.
            projected: of the memory, by `project`; one an item, not one a row.
            memory_mask: bool (B, S).

        Returns:
            (R, D); the cache, filled at `position` too; and the mean attention of the heads to the
            memory (R, S).
        """
        queries = self._attention_sum.enter(inputs)[:, None, :]
        new = dict(zip(("keys", "values"), self._attention.project(queries), strict=True))
        cache = {name: _written(cache[name], position, new[name]) for name in new}
        before = ops.arange(ops.shape(cache["keys"])[2])[None, None, :] <= position
        seen, _ = self._attention.attend(queries, cache["keys"], cache["values"], before)
        x = self._attention_sum(inputs, seen[:, 0])
        # The rows of an item are queries to one memory, which is thus kept and read once.
        grouped = ops.reshape(x, (ops.shape(memory_mask)[0], -1, x.shape[-1]))
        seen, weights = self._look_across(grouped, *projected, memory_mask)
        x = ops.reshape(self._finish(grouped, seen), (-1, x.shape[-1]))
        attention = ops.mean(weights, axis=1)
        return x, cache, ops.reshape(attention, (-1, ops.shape(memory_mask)[1]))

    def _look_across(
        self, x: Any, keys: Any, values: Any, memory_mask: Any, *, training: bool = False
    ) -> tuple[Any, Any]:
        queries = self._cross_attention_sum.enter(x)
        mask = memory_mask[:, None, :]
        return self._cross_attention.attend(queries, keys, values, mask, training=training)

    def _finish(self, x: Any, seen: Any, *, training: bool = False) -> Any:
        x = self._cross_attention_sum(x, seen, training=training)
        change = self._feed_forward(self._feed_forward_sum.enter(x), training=training)
        return self._feed_forward_sum(x, change, training=training)

    def compute_output_shape(
        self, inputs_shape: Any, memory_shape: Any, memory_mask_shape: Any = None
    ) -> Any:
        """Returns the shape of the inputs."""
        return tuple(inputs_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, for saving."""
        return {
            **super().get_config(),
            "num_heads": self.num_heads,
            "units": self.units,
            "dropout": self.dropout,
            "attention_dropout": self.attention_dropout,
            "activation_dropout": self.activation_dropout,
            "norm_first": self.norm_first,
        }


def _written(cache: Any, position: Any, new: Any) -> Any:
    """Returns a cache (R, H, T, F) with new values (R, H, 1, F) at one position.

    `ops.slice_update` would do; on TensorFlow it is an operation that servers without XLA lack.
    """
    rows, heads = ops.shape(new)[0], new.shape[1]
    place = ops.arange(rows * heads, dtype="int32")
    places = ops.stack([place // heads, place % heads, ops.zeros_like(place) + position], axis=1)
    return ops.scatter_update(cache, places, ops.reshape(new, (-1, new.shape[-1])))
