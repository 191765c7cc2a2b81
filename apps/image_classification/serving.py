"""The served form of image_classification: encoded pictures in, their classes out.

Decoding, resizing, the network and the names of the classes are one graph; a batch may mix sizes
and formats. The network is a function of its own, which an accelerator can take.
"""

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from apps.image_classification.answer import MOST_NAMED
from shared.export.served import Served
from shared.images.resize import decode_batch

if TYPE_CHECKING:
    from shared.bundle import Bundle


def build_served(bundle: "Bundle") -> Served:
    """Returns the signatures of a trained run.

    - `serving_default`: image_bytes string (B,) -> what `apps.image_classification.answer.answer`
      returns. (A server's REST interface decodes base64 for names that end in `_bytes`.)
    - `images`: images float32 (B, H, W, 3), 0 to 255 -> probabilities float32 (B, C), in the order
      of the classes; for clients that decode themselves.
    """
    model = bundle.model
    module = tf.Module()
    module.model = model
    size, crop = model.input_shape[1], bundle.config.pictures.crop
    names = tf.constant([label.encode() for label in bundle.preprocessing.labels])
    shown = min(MOST_NAMED, len(bundle.preprocessing))

    @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3], tf.float32, name="images")])
    def core(images: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"probabilities": tf.nn.softmax(model(images, training=False))}

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="image_bytes")])
    def classify(image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        found = core(decode_batch(image_bytes, size, crop))["probabilities"]
        probabilities, places = tf.math.top_k(found, shown)
        labels = tf.gather(names, places)
        return {
            "label": labels[:, 0],
            "probability": probabilities[:, 0],
            "labels": labels,
            "probabilities": probabilities,
        }

    module.core = core
    example = {"images": np.full((2, size, size, 3), 127.0, np.float32)}
    return Served(
        module=module,
        signatures={"serving_default": classify, "images": core},
        core=core,
        core_example=example,
        examples={"images": example},
    )
