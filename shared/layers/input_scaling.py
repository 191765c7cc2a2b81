"""Pixels to the numbers that a pretrained network was trained on.

`shared.backbones.build` puts it before every network, so that no caller can forget it.
"""

from typing import Any

import keras
from keras import ops

MODES = ("none", "tf", "torch", "caffe")


@keras.saving.register_keras_serializable(package="brickyard")
class InputScaling(keras.layers.Layer):
    """Scales pixels of 0 to 255 as `keras.applications` does before a family of networks.

    - `none`: y = x; the network scales by itself
    - `tf`: y = x / 127.5 - 1
    - `torch`: y = (x / 255 - mean) / deviation, of the red, green and blue of ImageNet
    - `caffe`: y = x - mean, with blue first

    float16: values lose some bits, none overflows.

    Args:
        mode: one of the above.

    Call arguments:
        inputs: (B, H, W, 3), red first.

    Returns:
        (B, H, W, 3).
    """

    def __init__(self, mode: str, **kwargs: Any):
        super().__init__(**kwargs)
        if mode not in MODES:
            raise ValueError(f"InputScaling expected a mode of {MODES}, received {mode!r}.")
        self.mode = mode

    def call(self, inputs: Any) -> Any:
        """Scales images (B, H, W, 3)."""
        if self.mode == "tf":
            return inputs / 127.5 - 1.0
        if self.mode == "torch":
            mean, deviation = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
            return (inputs / 255.0 - self._as(inputs, mean)) / self._as(inputs, deviation)
        if self.mode == "caffe":
            mean = [103.939, 116.779, 123.68]
            return ops.flip(inputs, axis=-1) - self._as(inputs, mean)
        return inputs

    @staticmethod
    def _as(inputs: Any, numbers: list[float]) -> Any:
        return ops.convert_to_tensor(numbers, inputs.dtype)

    def compute_output_shape(self, inputs_shape: Any) -> Any:
        """Returns the shape of the inputs."""
        return tuple(inputs_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns what `__init__` takes."""
        return {**super().get_config(), "mode": self.mode}
