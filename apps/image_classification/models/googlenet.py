"""GoogLeNet: layers that look at several scales side by side.

`apps.image_classification.model` builds it for the backbone `googlenet`.
"""

from typing import Any, NamedTuple

import keras

from shared.layers.input_scaling import InputScaling

SMALLEST = 32
# From this size on the stem shrinks pictures as published; 3a then sees 14 x 14 or more.
FULL_STEM = 112


class _Inception(NamedTuple):
    """The numbers of maps of one module, as table 1 of the paper names them."""

    name: str
    one: int
    three_reduce: int
    three: int
    five_reduce: int
    five: int
    pool: int


MODULES = (
    _Inception("3a", 64, 96, 128, 16, 32, 32),
    _Inception("3b", 128, 128, 192, 32, 96, 64),
    _Inception("4a", 192, 96, 208, 16, 48, 64),
    _Inception("4b", 160, 112, 224, 24, 64, 64),
    _Inception("4c", 128, 128, 256, 24, 64, 64),
    _Inception("4d", 112, 144, 288, 32, 64, 64),
    _Inception("4e", 256, 160, 320, 32, 128, 128),
    _Inception("5a", 256, 160, 320, 32, 128, 128),
    _Inception("5b", 384, 192, 384, 48, 128, 128),
)


def build_googlenet(*, classes: int, size: int = 224, dropout: float = 0.4) -> keras.Model:
    """Builds GoogLeNet with random weights.

    Source: Szegedy et al. 2014, Going Deeper with Convolutions, table 1 (arXiv:1409.4842). The
    numbers of maps and the order of the layers are theirs. Different are:

    - Batch normalisation (Ioffe and Szegedy 2015, arXiv:1502.03167) follows each convolution, and
      so there is no bias, no local response normalisation and no auxiliary head: with it the
      lower layers learn without one.
    - Pictures below 112 pixels are shrunk by 4 before the first module instead of by 8: the first
      convolution steps by one pixel. At 32 pixels the modules see 8 x 8, 4 x 4 and 2 x 2. The
      weights have the same shapes at all sizes.

    Args:
        classes: C.
        size: height and width of the pictures, 32 or more; 224 as theirs.
        dropout: share of the last features that is dropped in training, 0 to below 1.

    Returns:
        `images` float32 (B, size, size, 3), 0 to 255 -> logits float32 (B, C).

    Raises:
        ValueError: the size is below 32.
    """
    if size < SMALLEST:
        raise ValueError(
            f"GoogLeNet expected pictures of {SMALLEST} pixels or more, received {size}; choose "
            "larger ones, or another network."
        )
    images = keras.Input((size, size, 3), name="images")
    x = InputScaling("tf", name="scaling")(images)
    x = _convolution(x, 64, 7, name="conv1", strides=2 if size >= FULL_STEM else 1)
    x = _halve(x, name="pool1")
    x = _convolution(x, 64, 1, name="conv2_reduce")
    x = _convolution(x, 192, 3, name="conv2")
    x = _halve(x, name="pool2")
    for module in MODULES:
        if module.name in ("4a", "5a"):
            x = _halve(x, name=f"pool{int(module.name[0]) - 1}")
        x = _inception(x, module)
    x = keras.layers.GlobalAveragePooling2D(name="pool5")(x)
    x = keras.layers.Dropout(dropout, name="dropout")(x)
    logits = keras.layers.Dense(classes, dtype="float32", name="logits")(x)
    return keras.Model(images, logits, name="googlenet")


def _inception(inputs: Any, module: _Inception) -> Any:
    """Looks at 1x1, 3x3 and 5x5 pixels and the largest near by; (B, h, w, D) -> (B, h, w, D')."""
    name = f"inception_{module.name}"
    one = _convolution(inputs, module.one, 1, name=f"{name}_1x1")
    three = _convolution(inputs, module.three_reduce, 1, name=f"{name}_3x3_reduce")
    three = _convolution(three, module.three, 3, name=f"{name}_3x3")
    five = _convolution(inputs, module.five_reduce, 1, name=f"{name}_5x5_reduce")
    five = _convolution(five, module.five, 5, name=f"{name}_5x5")
    pool = keras.layers.MaxPooling2D(3, 1, padding="same", name=f"{name}_pool")(inputs)
    pool = _convolution(pool, module.pool, 1, name=f"{name}_pool_1x1")
    return keras.layers.Concatenate(name=name)([one, three, five, pool])


def _convolution(inputs: Any, maps: int, width: int, *, name: str, strides: int = 1) -> Any:
    x = keras.layers.Conv2D(
        maps,
        width,
        strides,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=name,
    )(inputs)
    x = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(x)
    return keras.layers.ReLU(name=f"{name}_relu")(x)


def _halve(inputs: Any, *, name: str) -> Any:
    return keras.layers.MaxPooling2D(3, 2, padding="same", name=name)(inputs)
