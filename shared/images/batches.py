"""Training images behind an index: batch number i is read, decoded and varied when it is asked for.

    train = ImageBatches(examples, labels, size=224, batch_size=32, seed=0, crop_area=0.25,
                         augment=(flip, RandAugment(), MixUp(0.2)))

`shared.training` takes it as the batches of a stage. A batch is a pure function of (seed, i), also
in what is random about it, so a resumed run sees the same pictures; and only the batches under way
are in memory.
"""

from collections.abc import Callable, Sequence

import numpy as np

from shared.images.augment.crops import draw_crops
from shared.images.reading import EncodedImage, decode_images, read_images
from shared.images.resize import CROP

Augment = Callable[
    [np.ndarray, np.ndarray, np.random.Generator],
    tuple[np.ndarray, np.ndarray],
]
"""(images float32 (B, size, size, 3), labels, random numbers) -> the same, varied; see
`shared.images.augment`."""


class ImageBatches:
    """Batches of decoded images and their labels.

    A batch is (images float32 (B, size, size, 3), 0 to 255, labels of the type given, (B,) or
    (B, C)). Each image is seen once an epoch; the last batch of an epoch may be smaller.

    Args:
        images: any number, from 1.
        labels: int (N,), the number of the class, or float (N, C), a share for each class, which
            whatever mixes images needs.
        size: height and width, in pixels.
        batch_size: images in a batch, from 1.
        seed: of order and variation, from 0.
        shuffle: False keeps the images in their order (for validation).
        crop: part of the short side that is kept where the middle square is shown, above 0 to 1.
        crop_area: smallest part of the area of an image that a random crop shows, above 0 to 1;
            None shows the middle square, as in predicting.
        augment: what is done to a batch, in this order.
    """

    def __init__(
        self,
        images: Sequence[EncodedImage],
        labels: Sequence[int] | np.ndarray,
        *,
        size: int,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = True,
        crop: float = CROP,
        crop_area: float | None = None,
        augment: Sequence[Augment] = (),
    ):
        self._images = images
        labels = np.asarray(labels)
        self._labels = labels.astype(np.float32 if labels.ndim > 1 else np.int32)
        self._size, self._batch_size = size, batch_size
        self._seed, self._shuffle = seed, shuffle
        self._crop, self._crop_area, self._augment = crop, crop_area, tuple(augment)
        self._epoch: tuple[int, np.ndarray] | None = None

    def __len__(self) -> int:
        """Batches in an epoch."""
        return -(-len(self._images) // self._batch_size)

    def rows(self, index: int) -> np.ndarray:
        """Returns the numbers of the images of a batch, int64 (B,)."""
        if index < 0 or not len(self):
            raise IndexError(f"Expected a batch from 0 on, received {index} of {len(self)}.")
        epoch, place = divmod(index, len(self))
        # One tuple read and written at once: several threads may ask for batches.
        held = self._epoch
        if held is None or held[0] != epoch:
            held = self._epoch = (epoch, self._order(epoch))
        return held[1][place * self._batch_size : (place + 1) * self._batch_size]

    def items(self, index: int) -> int:
        """Returns the number of images of a batch."""
        return len(self.rows(index))

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns batch `index`.

        Raises:
            DataError: an image cannot be read or decoded any more; names it.
        """
        rows = self.rows(index)
        chosen, labels = [self._images[row] for row in rows], self._labels[rows]
        draws = None
        if self._crop_area is not None:
            draws = draw_crops(self._random(index, 1), len(rows), smallest=self._crop_area)
        images = decode_images(
            chosen, read_images(chosen), size=self._size, crop=self._crop, draws=draws
        )
        for place, vary in enumerate(self._augment, start=2):
            images, labels = vary(images, labels, self._random(index, place))
        return images, labels

    def _order(self, epoch: int) -> np.ndarray:
        if not self._shuffle:
            return np.arange(len(self._images))
        return np.random.default_rng((self._seed, epoch)).permutation(len(self._images))

    def _random(self, index: int, place: int) -> np.random.Generator:
        """Returns the random numbers of one step of one batch.

        Each step has its own, so one that draws more or less changes no other. (0 would be the
        numbers of an order, for NumPy fills up with zeros.)
        """
        return np.random.default_rng((self._seed, index, place))
