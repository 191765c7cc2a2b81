"""LeNet-5, the network that read digits: small enough to be learnt in seconds.

`apps.image_classification.model` builds it for the backbone `lenet`.
"""

import keras

from shared.layers.input_scaling import InputScaling

SIZES = (28, 32)


def build_lenet(*, classes: int, size: int = 32) -> keras.Model:
    """Builds LeNet-5 with random weights.

        C1 6 of 5x5, S2 halves, C3 16 of 5x5, S4 halves, C5 120 of 5x5, F6 84, output

    Source: LeCun, Bottou, Bengio, Haffner 1998, Gradient-Based Learning Applied to Document
    Recognition, section II.B (Proceedings of the IEEE 86). The numbers of maps and units are
    theirs, and so is the squashing by tanh and the averaging of S2 and S4. Different are:

    - C1 sees red, green and blue instead of grey: 456 parameters instead of 156.
    - S2 and S4 average alone; theirs also scale and shift each map, and squash it.
    - C3 sees all maps of S2, theirs a chosen part of them: 2,416 parameters instead of 1,516.
    - tanh is not stretched to 1.7159 tanh(2 a / 3).
    - The output is a dense layer for a softmax instead of distances to drawn characters.

    Ten classes make 62,006 parameters instead of 60,000.

    Args:
        classes: C.
        size: height and width of the pictures, 32 as theirs; or 28, which get a border of 2 pixels.

    Returns:
        `images` float32 (B, size, size, 3), 0 to 255 -> logits float32 (B, C).

    Raises:
        ValueError: another size; C5 would no longer see the whole picture.
    """
    if size not in SIZES:
        raise ValueError(
            f"LeNet expected pictures of 28 or 32 pixels, received {size}; choose one of the two, "
            "or another network."
        )
    images = keras.Input((size, size, 3), name="images")
    x = InputScaling("tf", name="scaling")(images)
    border = "same" if size == 28 else "valid"
    x = keras.layers.Conv2D(6, 5, padding=border, activation="tanh", name="c1")(x)  # (B, 28, 28, 6)
    x = keras.layers.AveragePooling2D(2, name="s2")(x)
    x = keras.layers.Conv2D(16, 5, activation="tanh", name="c3")(x)  # (B, 10, 10, 16)
    x = keras.layers.AveragePooling2D(2, name="s4")(x)
    x = keras.layers.Conv2D(120, 5, activation="tanh", name="c5")(x)  # (B, 1, 1, 120)
    x = keras.layers.Flatten(name="flat")(x)
    x = keras.layers.Dense(84, activation="tanh", name="f6")(x)
    logits = keras.layers.Dense(classes, dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="lenet")
