"""Tells a Transformer where each token stands, without anything to learn.

The encoder and decoder of `apps.translation.model` add it to their token vectors.
"""

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="brickyard")
class SinusoidalPositions(keras.layers.Layer):
    """Adds to the vector of each token the sines and cosines of its place.

        P[t, 2i] = sin(t / 10000 ** (2i / D)),    P[t, 2i + 1] = cos(t / 10000 ** (2i / D))

    Source: Vaswani et al. 2017, Attention Is All You Need, section 3.5 (arXiv:1706.03762).

    float16: the places are computed in float32 and cast just before the sum.

    Call arguments:
        inputs: (B, T, D) with an even D.
        start: place of the first token, int or int32 scalar; default 0.

    Returns:
        (B, T, D).
    """

    def build(self, inputs_shape: Any) -> None:
        """Checks that the number of features is known and even."""
        if not inputs_shape[-1] or inputs_shape[-1] % 2:
            raise ValueError(
                "SinusoidalPositions expected inputs (B, T, D) with an even D, received shape "
                f"{tuple(inputs_shape)}."
            )

    def call(self, inputs: Any, start: Any = 0) -> Any:
        """Adds places start .. start + T - 1 to inputs (B, T, D)."""
        size = inputs.shape[-1]
        slowness = (10_000.0 ** (np.arange(0, size, 2) / size)).astype(np.float32)
        place = ops.cast(start + ops.arange(ops.shape(inputs)[1]), "float32")
        angle = place[:, None] / slowness
        waves = ops.stack([ops.sin(angle), ops.cos(angle)], axis=-1)
        return inputs + ops.cast(ops.reshape(waves, (-1, size)), inputs.dtype)

    def compute_output_shape(self, inputs_shape: Any) -> Any:
        """Returns the shape of the inputs."""
        return tuple(inputs_shape)
