"""One table for the vectors of tokens and for the logits over them."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="brickyard")
class TiedEmbedding(keras.layers.Layer):
    """Looks up token vectors, and scores vectors against the same table.

        x = sqrt(D) E[token],    logits = y E'

    Source: Press and Wolf 2017, Using the Output Embedding to Improve Language Models
    (arXiv:1608.05859); the factor is that of Vaswani et al. 2017, section 3.4 (arXiv:1706.03762).

    Args:
        vocabulary_size: V.
        size: D.

    Call arguments:
        token_ids: int32 (B, T).

    Returns:
        (B, T, D).
    """

    def __init__(self, *, vocabulary_size: int, size: int, **kwargs: Any):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.size = size

    def build(self, token_ids_shape: Any) -> None:
        """Makes the table, with the spread that gives logits of about 1."""
        self.table = self.add_weight(
            shape=(self.vocabulary_size, self.size),
            initializer=keras.initializers.RandomNormal(stddev=self.size**-0.5),
            name="table",
        )

    def call(self, token_ids: Any) -> Any:
        """Returns the vectors (B, T, D) of tokens (B, T)."""
        vectors = ops.take(self.table, token_ids, axis=0)
        return ops.cast(vectors, self.compute_dtype) * self.size**0.5

    def logits(self, inputs: Any) -> Any:
        """Returns float32 logits (..., V) of vectors (..., D)."""
        table = ops.cast(self.table, inputs.dtype)
        return ops.cast(ops.matmul(inputs, ops.transpose(table)), "float32")

    def compute_output_shape(self, token_ids_shape: Any) -> Any:
        """Returns the shape of the vectors."""
        return (*token_ids_shape, self.size)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, for saving."""
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "size": self.size,
        }
