"""Lets a sum of word vectors know the order of the words.

`apps.memory_qa.model` puts this layer between the word vectors of a sentence and their sum.
"""

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="brickyard")
class PositionEncoding(keras.layers.Layer):
    """Weighs each feature of each word by the word's place, so that a sum keeps word order.

    The vector of word j of J (both counted from 1, real words only) is multiplied, feature k of
    d, by

        l_kj = (1 - j/J) - (k/d) (1 - 2j/J)

    so the first words speak through the first features and the last words through the last ones.

    Source: Sukhbaatar, Szlam, Weston, Fergus 2015, End-To-End Memory Networks, section 4.1
    (arXiv:1503.08895).

    Mask: `padding_mask` is true at real words. Padding gives exactly zero and is not counted in
    J, so neither its amount nor its place changes anything; without a mask every word is real. A
    sentence of padding alone gives zeros.

    float16: the weights are computed in float32 (j/J is exact enough for any length) and cast to
    the compute dtype just before the product.

    Call arguments:
        inputs: word vectors (..., J, D).
        padding_mask: bool (..., J), true at real words. Default: all real.

    Returns:
        The weighted word vectors (..., J, D); sum them over J to get the sentence.

    Example:
    >>> layer = PositionEncoding()
    >>> words = np.ones((1, 3, 2), "float32")
    >>> mask = np.array([[True, True, False]])
    >>> ops.convert_to_numpy(layer(words, padding_mask=mask))[0].tolist()
    [[0.5, 0.5], [0.5, 1.0], [0.0, 0.0]]
    """

    def build(self, inputs_shape: Any, padding_mask_shape: Any = None) -> None:
        """Checks that the number of features is known."""
        if inputs_shape[-1] is None:
            raise ValueError(
                "PositionEncoding expected inputs (..., J, D) with a known D, "
                f"received shape {tuple(inputs_shape)}; give D a number."
            )

    def call(self, inputs: Any, padding_mask: Any = None) -> Any:
        """Multiplies word vectors (..., J, D) with the weights of their places."""
        if padding_mask is None:
            padding_mask = ops.ones_like(inputs[..., 0], dtype="bool")
        real = ops.cast(padding_mask, "float32")
        # Places are counted over real words, so padding may stand anywhere.
        words = ops.maximum(ops.sum(real, axis=-1, keepdims=True), 1.0)
        place = ops.expand_dims(ops.cumsum(real, axis=-1) / words, -1)  # j/J: (..., J, 1)
        features = inputs.shape[-1]
        feature = np.arange(1, features + 1, dtype="float32") / features  # k/d: (D,)
        weights = (1.0 - place) - feature * (1.0 - 2.0 * place)  # (..., J, D)
        weights = weights * ops.expand_dims(real, -1)
        return inputs * ops.cast(weights, inputs.dtype)

    def compute_output_shape(self, inputs_shape: Any, padding_mask_shape: Any = None) -> Any:
        """Returns the shape of the inputs."""
        return tuple(inputs_shape)
