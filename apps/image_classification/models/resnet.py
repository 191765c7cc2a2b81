"""Residual networks for small pictures, and the same without the shortcuts.

`apps.image_classification.model` builds them for the backbones `resnet20`, `plain20` and so on.
Side by side they show what the shortcuts are for: without them, a deeper network has the larger
training error (`benchmarks/image_depth.py`).
"""

from typing import Any

import keras
from keras import ops

from shared.layers.input_scaling import InputScaling

WIDTHS = (16, 32, 64)
SMALLEST = 8


def build_resnet(depth: int, *, classes: int, size: int = 32, plain: bool = False) -> keras.Model:
    """Builds the network of the experiments on CIFAR-10, with random weights.

        y = relu(x + norm(conv(relu(norm(conv(x))))))

    One convolution, then three groups of n such blocks of 16, 32 and 64 maps, each group at half
    the size of the one before, then the mean of each map: 6 n + 2 layers with weights.
    Where the maps change, the shortcut takes every other pixel and adds maps of zeros (option A),
    so both networks have the same parameters.

    Source: He, Zhang, Ren, Sun 2015, Deep Residual Learning for Image Recognition, section 4.2
    (arXiv:1512.03385). Different is that pixels are scaled by the mean and deviation of ImageNet,
    not by the mean of each pixel.

    Args:
        depth: 6 n + 2, such as 20, 32, 44, 56 or 110.
        classes: C.
        size: height and width of the pictures, 8 or more; 32 as theirs.
        plain: leave out the shortcuts, y = relu(norm(conv(relu(norm(conv(x)))))).

    Returns:
        `images` float32 (B, size, size, 3), 0 to 255 -> logits float32 (B, C).

    Raises:
        ValueError: there is no network of this depth, or the size is too small.
    """
    if depth < 8 or (depth - 2) % 6:
        below = max(8, depth - (depth - 2) % 6)
        raise ValueError(
            f"ResNet expected a depth of 6 n + 2 layers, received {depth}; choose {below} or "
            f"{below + 6}."
        )
    if size < SMALLEST:
        raise ValueError(
            f"ResNet expected pictures of {SMALLEST} pixels or more, received {size}; choose "
            "larger ones."
        )
    images = keras.Input((size, size, 3), name="images")
    x = InputScaling("torch", name="scaling")(images)
    x = _normalised(x, WIDTHS[0], name="stem")
    x = keras.layers.ReLU(name="stem_relu")(x)
    for group, width in enumerate(WIDTHS):
        for number in range((depth - 2) // 6):
            strides = 2 if group and not number else 1
            x = _block(x, width, strides=strides, plain=plain, name=f"group{group}_block{number}")
    x = keras.layers.GlobalAveragePooling2D(name="features")(x)
    logits = keras.layers.Dense(
        classes, dtype="float32", kernel_initializer="he_normal", name="logits"
    )(x)
    return keras.Model(images, logits, name=f"{'plain' if plain else 'resnet'}{depth}")


def _block(inputs: Any, width: int, *, strides: int, plain: bool, name: str) -> Any:
    """Two convolutions and a shortcut around them; (B, h, w, D) -> (B, h/s, w/s, width)."""
    x = _normalised(inputs, width, strides=strides, name=f"{name}_1")
    x = keras.layers.ReLU(name=f"{name}_relu1")(x)
    x = _normalised(x, width, name=f"{name}_2")
    if not plain:
        x = keras.layers.Add(name=f"{name}_add")([_shortcut(inputs, width, strides), x])
    return keras.layers.ReLU(name=f"{name}_relu2")(x)


def _shortcut(inputs: Any, width: int, strides: int) -> Any:
    """The inputs themselves; or every other pixel of them, with as many maps of zeros again."""
    if strides == 1:
        return inputs
    missing = width - inputs.shape[-1]
    # A window of one pixel averages nothing: it steps.
    kept = keras.layers.AveragePooling2D(1, strides, padding="same")(inputs)
    return ops.pad(kept, ((0, 0), (0, 0), (0, 0), (missing // 2, missing - missing // 2)))


def _normalised(inputs: Any, width: int, *, name: str, strides: int = 1) -> Any:
    x = keras.layers.Conv2D(
        width,
        3,
        strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(inputs)
    return keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(x)
