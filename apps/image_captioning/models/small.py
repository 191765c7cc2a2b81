"""A small encoder that is trained from nothing, for drawn scenes.

`apps.image_captioning.model` builds it for the backbone `small`.
"""

import keras

from shared.layers.input_scaling import InputScaling

FILTERS = (32, 64, 96)


def build_small(*, size: int) -> keras.Model:
    """Builds three convolutions that halve the picture, and one that looks around.

    Args:
        size: height and width of the pictures, from 32.

    Returns:
        `images` float32 (B, size, size, 3), 0 to 255 -> maps float32 (B, size / 8, size / 8, 96).
    """
    images = keras.Input((size, size, 3), name="images")
    x = InputScaling("tf", name="scaling")(images)
    options = {"padding": "same", "activation": "relu", "kernel_initializer": "he_normal"}
    for number, filters in enumerate(FILTERS):
        x = keras.layers.Conv2D(filters, 3, strides=2, name=f"halve_{number}", **options)(x)
    x = keras.layers.Conv2D(FILTERS[-1], 3, name="around", **options)(x)
    return keras.Model(images, x, name="small")
