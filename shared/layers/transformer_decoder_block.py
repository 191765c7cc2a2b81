"""One layer of a Transformer's decoder, for whole sequences and for one token at a time."""

from typing import Any

import keras
from keras import ops

from shared.layers.decoder_step import DecoderStep
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
        queries = self._cross_attention_sum.enter(x)
        seen = self._cross_attention(queries, memory, memory_mask[:, None, :], training=training)
        x = self._cross_attention_sum(x, seen, training=training)
        change = self._feed_forward(self._feed_forward_sum.enter(x), training=training)
        return self._feed_forward_sum(x, change, training=training)

    def stepper(self, memory: Any, memory_mask: Any, *, beam_width: int = 1) -> DecoderStep:
        """Returns what does for one new token a row what `call` does for all.

        Args:
            memory: (B, S, M).
            memory_mask: bool (B, S).
            beam_width: K, rows of each item.
        """
        cross = self._cross_attention
        return DecoderStep(
            attention=self._attention.kernels(),
            cross_attention=cross.kernels(),
            feed_forward=self._feed_forward.kernels(),
            norms=(
                self._attention_sum.kernels(),
                self._cross_attention_sum.kernels(),
                self._feed_forward_sum.kernels(),
            ),
            memory=cross.project(memory),
            memory_mask=memory_mask,
            num_heads=self.num_heads,
            norm_first=self.norm_first,
            beam_width=beam_width,
        )

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
