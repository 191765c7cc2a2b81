"""Which part of an image is shown: drawn here, cut out while decoding.

`shared.images.batches` calls it.
"""

import numpy as np

from shared.errors import ConfigError


def draw_crops(random: np.random.Generator, count: int, *, smallest: float) -> np.ndarray:
    """Draws random crops of uniform area, aspect ratio and place.

    Source: Szegedy et al. 2014, Going Deeper with Convolutions, section 6 (arXiv:1409.4842), where
    the smallest part is 0.08.

    Args:
        random: what is drawn from.
        count: B.
        smallest: part of the area, above 0 to 1.

    Returns:
        float32 (B, 4), for `shared.images.resize.crop_image`.
    """
    if not 0.0 < smallest <= 1.0:
        raise ConfigError(
            f"Expected the smallest crop to be a part of the area, above 0 to 1, received "
            f"{smallest}; 0.08 is usual for large data sets, 0.25 or more for small ones."
        )
    draws = random.random((count, 4))
    draws[:, 0] = smallest + (1.0 - smallest) * draws[:, 0]
    return draws.astype(np.float32)
