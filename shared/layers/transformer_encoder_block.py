"""One layer of a Transformer's encoder."""

from typing import Any

import keras

from shared.layers.feed_forward import FeedForward
from shared.layers.multi_head_attention import MultiHeadAttention
from shared.layers.residual import Residual


@keras.saving.register_keras_serializable(package="brickyard")
class TransformerEncoderBlock(keras.layers.Layer):
    """Self-attention and a feed-forward part, each with a residual connection.

    Source: Vaswani et al. 2017, Attention Is All You Need, section 3.1 (arXiv:1706.03762); with
    `norm_first`, Xiong et al. 2020, On Layer Normalization in the Transformer Architecture
    (arXiv:2002.04745).

    Mask: `padding_mask` is true at real tokens. No real place sees a padded one; what stands at
    padded places afterwards means nothing.

    Args:
        num_heads: heads of the attention; divides D.
        units: width of the feed-forward part.
        dropout: share of what each part adds that is dropped in training, 0 to below 1.
        attention_dropout: likewise of attention weights.
        activation_dropout: likewise of the rectified units.
        norm_first: normalise before each part instead of after its sum.

    Call arguments:
        inputs: (B, S, D).
        padding_mask: bool (B, S).

    Returns:
        (B, S, D).
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
        around = {"norm_first": norm_first, "dropout": dropout, **low}
        self._attention = MultiHeadAttention(
            num_heads=num_heads, dropout=attention_dropout, name="attention", **low
        )
        self._attention_sum = Residual(name="attention_sum", **around)
        self._feed_forward = FeedForward(
            units=units, dropout=activation_dropout, name="feed_forward", **low
        )
        self._feed_forward_sum = Residual(name="feed_forward_sum", **around)

    def build(self, inputs_shape: Any, padding_mask_shape: Any = None) -> None:
        """Builds the parts."""
        self._attention.build(inputs_shape, inputs_shape)
        self._feed_forward.build(inputs_shape)
        self._attention_sum.build(inputs_shape)
        self._feed_forward_sum.build(inputs_shape)

    def call(self, inputs: Any, padding_mask: Any, training: bool = False) -> Any:
        """Maps (B, S, D) to (B, S, D)."""
        queries = self._attention_sum.enter(inputs)
        seen = self._attention(queries, queries, padding_mask[:, None, :], training=training)
        x = self._attention_sum(inputs, seen, training=training)
        change = self._feed_forward(self._feed_forward_sum.enter(x), training=training)
        return self._feed_forward_sum(x, change, training=training)

    def compute_output_shape(self, inputs_shape: Any, padding_mask_shape: Any = None) -> Any:
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
