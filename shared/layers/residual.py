"""The connection around each part of a Transformer block."""

from typing import Any

import keras
from keras import ops

from shared.layers.constants import EPSILON


@keras.saving.register_keras_serializable(package="brickyard")
class Residual(keras.layers.Layer):
    """Adds what a part has made of its inputs to them, and normalises.

        after the sum:   x' = norm(x + dropout(part(x)))
        before the part: x' = x + dropout(part(norm(x)))

    Source: Vaswani et al. 2017, section 5.4 (arXiv:1706.03762), and Xiong et al. 2020
    (arXiv:2002.04745) for the second, which trains without a careful warm-up.

    Args:
        dropout: share of the part's features that are dropped in training, 0 to below 1.
        norm_first: the second form.

    Call arguments:
        inputs: x (..., D).
        change: part(enter(x)) (..., D).

    Returns:
        (..., D).

    Example:
    >>> import numpy as np
    >>> residual = Residual(norm_first=True)
    >>> x = np.ones((1, 2, 4), "float32")
    >>> residual.build(x.shape)
    >>> float(keras.ops.max(residual(x, 2 * residual.enter(x))))
    1.0
    """

    def __init__(self, *, dropout: float = 0.0, norm_first: bool = False, **kwargs: Any):
        super().__init__(**kwargs)
        self.dropout = dropout
        self.norm_first = norm_first
        self._norm = keras.layers.LayerNormalization(
            epsilon=EPSILON, dtype=self.dtype_policy, name="norm"
        )
        self._drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy, name="dropout")

    def build(self, inputs_shape: Any, change_shape: Any = None) -> None:
        """Makes the scale and offset of the norm."""
        self._norm.build(inputs_shape)
        self._drop.build(inputs_shape)

    def enter(self, inputs: Any) -> Any:
        """Returns what the part is given (..., D)."""
        return self._norm(inputs) if self.norm_first else inputs

    def call(self, inputs: Any, change: Any, training: bool = False) -> Any:
        """Returns the sum (..., D), normalised unless the inputs of the part were."""
        total = inputs + self._drop(change, training=training)
        return total if self.norm_first else self._norm(total)

    def kernels(self) -> tuple[Any, Any]:
        """Returns scale and offset of the norm, read once."""
        # A copy is a tensor; the variable itself would be read again in every step of a loop.
        return ops.copy(self._norm.gamma), ops.copy(self._norm.beta)

    def compute_output_shape(self, inputs_shape: Any, change_shape: Any = None) -> Any:
        """Returns the shape of the inputs."""
        return tuple(inputs_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, for saving."""
        return {**super().get_config(), "dropout": self.dropout, "norm_first": self.norm_first}
