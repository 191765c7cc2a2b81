"""Files to a batch of pixels: read in threads, decoded in one call of a graph.

`shared.images.batches` and `shared.images.features` call it. Only the images that are asked for
are in memory.
"""

import functools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
import tensorflow as tf

from shared.errors import DataError
from shared.images.readable import fault_of
from shared.images.resize import CROP, decode_batch, decode_crops

# Files read at once: what a slow disk or network answers side by side.
READERS = 8


class Named(Protocol):
    """Something that a user recognises by a name."""

    @property
    def name(self) -> str:
        """A path, a member of an archive, ..."""


class EncodedImage(Named, Protocol):
    """An image whose bytes are read when they are needed; the apps' examples are ones."""

    @property
    def sha256(self) -> str:
        """The digest of the bytes, hexadecimal."""

    @property
    def read(self) -> Callable[[], bytes]:
        """Returns the bytes; may be called from several threads."""


def read_images(images: Sequence[EncodedImage]) -> list[bytes]:
    """Reads the bytes of images, several at once.

    Raises:
        DataError: one cannot be read any more; names it.
    """
    return list(_readers().map(_read, images))


def decode_images(
    images: Sequence[Named],
    data: Sequence[bytes],
    *,
    size: int,
    crop: float = CROP,
    draws: np.ndarray | None = None,
) -> np.ndarray:
    """Decodes what `read_images` has read.

    Args:
        images: (B,), for messages.
        data: their bytes.
        size: height and width of the result, in pixels.
        crop: part of the short side that the middle square keeps, above 0 to 1.
        draws: float32 (B, 4), which part of each is cut out, see `shared.images.resize`; by default
            the middle square.

    Returns:
        float32 (B, size, size, 3), 0 to 255.

    Raises:
        DataError: one is no picture; names it.
    """
    try:
        # There are no decoders for other devices.
        with tf.device("CPU"):
            if draws is None:
                return _decoder(size, crop)(tf.constant(data, tf.string)).numpy()
            return _cropper(size)(tf.constant(data, tf.string), tf.constant(draws)).numpy()
    except (tf.errors.InvalidArgumentError, tf.errors.ResourceExhaustedError):
        for image, one in zip(images, data, strict=True):
            if fault := fault_of(one):
                raise DataError(
                    f"Expected a picture that can be decoded in {image.name}, received one that "
                    f"is unusable: {fault}; remove or replace it."
                ) from None
        raise


def _read(image: EncodedImage) -> bytes:
    try:
        return image.read()
    except OSError as error:
        raise DataError(
            f"Expected to read the picture {image.name}, which failed "
            f"({error.strerror or error}); see that it is still there and start again."
        ) from None


@functools.cache
def _readers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(READERS, thread_name_prefix="image-reader")


@functools.cache
def _decoder(size: int, crop: float) -> Callable[[tf.Tensor], tf.Tensor]:
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def decode(data: tf.Tensor) -> tf.Tensor:
        return decode_batch(data, size, crop)

    return decode


@functools.cache
def _cropper(size: int) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    signature = [tf.TensorSpec([None], tf.string), tf.TensorSpec([None, 4], tf.float32)]

    @tf.function(input_signature=signature)
    def decode(data: tf.Tensor, draws: tf.Tensor) -> tf.Tensor:
        return decode_crops(data, draws, size)

    return decode
