"""The part of a Transformer block that looks at one place at a time."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="brickyard")
class FeedForward(keras.layers.Layer):
    """Widens each vector, rectifies it, and brings it back to its size.

        output = max(0, x W_1 + b_1) W_2 + b_2

    Source: Vaswani et al. 2017, Attention Is All You Need, section 3.3 (arXiv:1706.03762).

    Args:
        units: width between the two products.
        dropout: share of the rectified units that are dropped in training, 0 to below 1.

    Call arguments:
        inputs: (..., D).

    Returns:
        (..., D).
    """

    def __init__(self, *, units: int, dropout: float = 0.0, **kwargs: Any):
        super().__init__(**kwargs)
        self.units = units
        self.dropout = dropout
        self._widen = keras.layers.Dense(
            units, activation="relu", dtype=self.dtype_policy, name="widen"
        )
        self._drop = keras.layers.Dropout(dropout, dtype=self.dtype_policy, name="dropout")

    def build(self, inputs_shape: Any) -> None:
        """Makes the two projections."""
        wide = (*inputs_shape[:-1], self.units)
        self._narrow = keras.layers.Dense(inputs_shape[-1], dtype=self.dtype_policy, name="narrow")
        self._widen.build(inputs_shape)
        self._drop.build(wide)
        self._narrow.build(wide)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Maps (..., D) to (..., D)."""
        return self._narrow(self._drop(self._widen(inputs), training=training))

    def kernels(self) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        """Returns kernel and bias of both projections, read once."""
        widen, narrow = (
            tuple(ops.cast(ops.copy(it), self.compute_dtype) for it in (one.kernel, one.bias))
            for one in (self._widen, self._narrow)
        )
        return widen, narrow

    def compute_output_shape(self, inputs_shape: Any) -> Any:
        """Returns the shape of the inputs."""
        return tuple(inputs_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, for saving."""
        return {**super().get_config(), "units": self.units, "dropout": self.dropout}
