"""Logits divided by one number, which makes probabilities as sure as they are right."""

from typing import Any

import keras


@keras.saving.register_keras_serializable(package="brickyard")
class Temperature(keras.layers.Layer):
    """Divides logits by a temperature that training leaves alone.

        y = z / T

    It is 1 until an app sets it to what validation data asks for; the order of the classes
    never changes. Source: Guo et al. 2017, On Calibration of Modern Neural Networks, section 4.2
    (arXiv:1706.04599).

    Call arguments:
        inputs: logits (..., C).

    Returns:
        (..., C).
    """

    def build(self, input_shape: Any) -> None:
        """Makes the temperature."""
        self.temperature = self.add_weight(
            shape=(), initializer="ones", trainable=False, name="temperature"
        )

    def call(self, inputs: Any) -> Any:
        """Returns the logits, softened or sharpened."""
        return inputs / self.temperature

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape of the inputs."""
        return input_shape
