"""What the decoder looks at, computed from pictures when it is asked for.

Where features are kept on disk, `shared.images.features` gives the same for less; a run whose
encoder was trained too, and pictures that are seen once, come here.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import keras

    from shared.images.reading import EncodedImage, Named


class ComputedGrids:
    """Features of pictures, by the encoder as it is at the moment; only those asked for are held.

    Args:
        images: any number.
        encoder: pixels float32 (B, size, size, 3), 0 to 255 -> float32 (B, R, C).
        crop: part of the short side of a picture that the encoder sees, above 0 to 1.
    """

    def __init__(self, images: "Sequence[EncodedImage]", encoder: "keras.Model", *, crop: float):
        self._images, self._encoder, self._crop = images, encoder, crop

    def __len__(self) -> int:
        """Pictures."""
        return len(self._images)

    def __getitem__(self, places: np.ndarray) -> np.ndarray:
        """Reads, decodes and encodes some pictures: float32 (B, R, C).

        Raises:
            DataError: one cannot be read or decoded any more; names it.
        """
        from shared.images.reading import read_images

        images = [self._images[place] for place in places]
        return encoded(images, read_images(images), self._encoder, crop=self._crop)


def encoded(
    images: "Sequence[Named]", data: Sequence[bytes], encoder: "keras.Model", *, crop: float
) -> np.ndarray:
    """Returns the features of pictures that have been read, float32 (B, R, C).

    Args:
        images: B, for messages.
        data: their bytes.
        encoder: see `ComputedGrids`.
        crop: likewise.

    Raises:
        DataError: one is no picture; names it.
    """
    from shared.images.reading import decode_images

    pixels = decode_images(images, data, size=encoder.input_shape[1], crop=crop)
    return encoder.predict_on_batch(pixels)
