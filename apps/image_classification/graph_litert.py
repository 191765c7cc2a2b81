"""A network in the format of LiteRT, by the converter that TensorFlow holds."""

from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf


def convert(
    model: keras.Model, calibration: Callable[[], Iterator[np.ndarray]] | None = None
) -> bytes:
    """Returns a model of one picture a call: `images` -> `probabilities`.

    Args:
        model: images float32 (B, size, size, 3) -> logits (B, C).
        calibration: gives pictures of the kind that will be asked, float32 (1, size, size, 3); with
            it weights and what flows between the layers are int8, without it float32.
    """
    size = model.input_shape[1]
    # int8 wants constants, and the converter leaves the variables of Keras what they are.
    trained, other = (
        [tf.constant(np.asarray(variable)) for variable in variables]
        for variables in (model.trainable_variables, model.non_trainable_variables)
    )

    @tf.function(input_signature=[tf.TensorSpec([1, size, size, 3], tf.float32, name="images")])
    def classify(images: tf.Tensor) -> dict[str, tf.Tensor]:
        logits, _ = model.stateless_call(trained, other, images, training=False)
        return {"probabilities": tf.nn.softmax(logits)}

    module = tf.Module()
    module.classify = classify
    concrete = classify.get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([concrete], module)
    if calibration is not None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([images] for images in calibration())
    return converter.convert()
