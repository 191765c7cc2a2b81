"""Small pictures to look at, for reports and plots of apps."""

import io

import numpy as np

from shared.errors import DataError
from shared.images.reading import EncodedImage, decode_images, read_images

# Height and width of a thumbnail, in pixels.
SMALL = 112


def thumbnail(image: EncodedImage, *, crop: float) -> bytes:
    """Returns the middle square of a picture as a small JPEG.

    Args:
        image: a picture; one that can be read no more gives no bytes, for a report is not to fail
            for it.
        crop: part of its short side that is kept, above 0 to 1.
    """
    from PIL import Image

    try:
        pixels = decode_images([image], read_images([image]), size=SMALL, crop=crop)[0]
    except DataError:
        return b""
    file = io.BytesIO()
    Image.fromarray(np.rint(pixels).astype(np.uint8)).save(file, "JPEG", quality=85)
    return file.getvalue()
