"""Pixels of any size to the square that a network takes; training, predicting and serving share it.

    images = decode_batch(data, 224)             # encoded files, as they are seen
    images = decode_crops(data, draws, 224)      # random parts of them, to train on

The square is cut out and resized in one step, so that an image of 1 x 1,000,000 pixels never
becomes a large one on the way.
"""

import tensorflow as tf

from shared.images.decode import decode_image

# What is kept of the short side unless a caller says otherwise: 224 of 256 pixels, as most
# published results have it.
CROP = 0.875
# The widest random crop, width by height; and the images of a batch decoded at once.
WIDEST = 4.0 / 3.0
_AT_ONCE = 8


def fit_image(pixels: tf.Tensor, size: int, crop: float = CROP) -> tf.Tensor:
    """Returns the middle square of an image, resized by antialiased bilinear interpolation.

    The same as resizing the short side to size / crop and cutting out the middle.

    Args:
        pixels: uint8 (H, W, 3).
        size: height and width of the result, in pixels.
        crop: part of the short side that is kept, above 0 to 1.

    Returns:
        float32 (size, size, 3), 0 to 255.
    """
    sides = tf.cast(tf.shape(pixels)[:2], tf.float32)
    side = crop * tf.reduce_min(sides)
    return _cut(pixels, sides / 2.0, tf.stack([side, side]), size)


def crop_image(pixels: tf.Tensor, draw: tf.Tensor, size: int) -> tf.Tensor:
    """Returns a random part of an image: of random area, aspect ratio and place.

    Source: Szegedy et al. 2014, Going Deeper with Convolutions, section 6 (arXiv:1409.4842): 8 to
    100 % of the area, an aspect ratio of 3/4 to 4/3.

    Args:
        pixels: uint8 (H, W, 3).
        draw: float32 (4,): the part of the area, above 0 to 1; then three numbers from 0 to 1 for
            aspect ratio, place from the top, and place from the left.
        size: height and width of the result, in pixels.

    Returns:
        float32 (size, size, 3), 0 to 255.
    """
    sides = tf.cast(tf.shape(pixels)[:2], tf.float32)
    ratio = tf.exp(tf.math.log(WIDEST) * (draw[1] - 0.5))  # the root of the aspect ratio
    side = tf.sqrt(draw[0] * tf.reduce_prod(sides))
    cut = tf.minimum(tf.stack([side / ratio, side * ratio]), sides)
    return _cut(pixels, cut / 2.0 + draw[2:] * (sides - cut), cut, size)


def decode_batch(data: tf.Tensor, size: int, crop: float = CROP) -> tf.Tensor:
    """Decodes encoded images of mixed sizes and formats, several at once inside a graph.

    Args:
        data: string (B,), the bytes of the files.
        size: height and width of the result, in pixels.
        crop: see `fit_image`.

    Returns:
        float32 (B, size, size, 3), 0 to 255.

    Raises:
        tf.errors.InvalidArgumentError: see `shared.images.decode.decode_image`.
    """
    return tf.map_fn(
        lambda one: fit_image(decode_image(one), size, crop),
        data,
        fn_output_signature=tf.TensorSpec([size, size, 3], tf.float32),
        parallel_iterations=_AT_ONCE,
    )


def decode_crops(data: tf.Tensor, draws: tf.Tensor, size: int) -> tf.Tensor:
    """Decodes encoded images and cuts a random part out of each.

    Args:
        data: string (B,), the bytes of the files.
        draws: float32 (B, 4), see `crop_image`.
        size: height and width of the result, in pixels.

    Returns:
        float32 (B, size, size, 3), 0 to 255.
    """
    return tf.map_fn(
        lambda pair: crop_image(decode_image(pair[0]), pair[1], size),
        (data, draws),
        fn_output_signature=tf.TensorSpec([size, size, 3], tf.float32),
        parallel_iterations=_AT_ONCE,
    )


def _cut(pixels: tf.Tensor, centre: tf.Tensor, cut: tf.Tensor, size: int) -> tf.Tensor:
    """Resizes the part of an image with this centre, height and width (float32 (2,), pixels)."""
    scale = size / cut
    resized = tf.raw_ops.ScaleAndTranslate(
        images=pixels[None],
        size=tf.constant([size, size]),
        scale=scale,
        translation=size / 2.0 - scale * centre,
        kernel_type="triangle",
        antialias=True,
    )[0]
    # The last bit of a weight must not carry a white pixel above 255.
    return tf.ensure_shape(tf.clip_by_value(resized, 0.0, 255.0), [size, size, 3])
