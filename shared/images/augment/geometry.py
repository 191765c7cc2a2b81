"""Images turned, slanted and moved: the geometric part of RandAugment.

`shared.images.augment.rand_augment` calls it. Matrices take a place (x, y, 1) in the result to the
one in the image that is shown there, relative to the middle, in pixels.
"""

import math
from collections.abc import Callable

import numpy as np
import tensorflow as tf

# What is seen beyond the border of an image.
GREY = 128.0
# At the greatest strength (Cubuk et al. 2018, table 6): 150 of 331 pixels, and 30 degrees.
_SLANT, _MOVE, _TURN = 0.3, 0.45, math.radians(30.0)

GEOMETRY: dict[str, Callable[[float, int], list[list[float]]]] = {
    "rotate": lambda strength, size: _turned(_TURN * strength),
    "shear_x": lambda strength, size: [[1, _SLANT * strength, 0], [0, 1, 0]],
    "shear_y": lambda strength, size: [[1, 0, 0], [_SLANT * strength, 1, 0]],
    "translate_x": lambda strength, size: [[1, 0, _MOVE * strength * size], [0, 1, 0]],
    "translate_y": lambda strength, size: [[1, 0, 0], [0, 1, _MOVE * strength * size]],
}
"""The matrix (2, 3) for a strength from -1 to 1 and the height and width of an image."""


def warp(images: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """Applies a matrix to each image, with bilinear interpolation.

    Args:
        images: float32 (B, size, size, 3), 0 to 255.
        matrices: float (B, 2, 3), see above.

    Returns:
        float32 (B, size, size, 3); `GREY` where there is no image.
    """
    size = images.shape[1]
    middle = np.full(2, (size - 1) / 2)
    # TensorFlow counts places from the corner.
    moved = matrices[:, :, 2] + middle - matrices[:, :, :2] @ middle
    flat = np.concatenate([matrices[:, :, :2], moved[:, :, None]], -1).reshape(-1, 6)
    with tf.device("CPU"):
        warped = tf.raw_ops.ImageProjectiveTransformV3(
            images=images,
            transforms=np.pad(flat, [(0, 0), (0, 2)]).astype(np.float32),
            output_shape=[size, size],
            fill_value=GREY,
            interpolation="BILINEAR",
            fill_mode="CONSTANT",
        )
    return warped.numpy()


def _turned(angle: float) -> list[list[float]]:
    cosine, sine = math.cos(angle), math.sin(angle)
    return [[cosine, -sine, 0.0], [sine, cosine, 0.0]]
