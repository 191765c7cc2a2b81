"""Batches of pictures, each with its captions, for whatever trains the encoder too.

A picture goes through the encoder once for all its captions, which is what such a step costs most.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from apps.image_captioning.preprocessing import START_ID
from shared.images.batches import ImageBatches

if TYPE_CHECKING:
    from shared.images.reading import EncodedImage

# Captions of a picture that are trained on in one epoch; of more, others are drawn in each.
AT_ONCE = 5


class PictureBatches:
    """Batches for `apps.image_captioning.model.Captioner`.

    A batch is ({"images": float32 (B, size, size, 3), 0 to 255, "target_ids": int32 (B, N, T)},
    labels int32 (B, N, T), weights float32 (B, N, T)) with N captions of each picture. Targets
    begin with the start; labels are the targets one place on; the rest is 0, and so is all of what
    a picture has less than N captions. Every picture comes once an epoch, in the middle of which
    nothing is cut out or mirrored: captions tell where things are.

    Args:
        images: any number, from 1.
        captions: of each image its captions, arrays of ids without start and with the end.
        size: height and width, in pixels.
        batch_size: pictures in a batch, from 1.
        crop: part of the short side that is kept, above 0 to 1.
        seed: of the order and of the choice of captions, from 0.
    """

    def __init__(
        self,
        images: "Sequence[EncodedImage]",
        captions: Sequence[Sequence[np.ndarray]],
        *,
        size: int,
        batch_size: int,
        crop: float,
        seed: int = 0,
    ):
        self._captions, self._seed = captions, seed
        self._images = ImageBatches(
            images, range(len(images)), size=size, batch_size=batch_size, seed=seed, crop=crop
        )
        self._most = min(AT_ONCE, max(map(len, captions), default=0))

    def __len__(self) -> int:
        """Batches in an epoch."""
        return len(self._images)

    def items(self, index: int) -> int:
        """Returns the tokens of the captions of a batch, without padding."""
        return sum(len(ids) for some in self._chosen(index) for ids in some)

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        """Returns batch `index`; any index from 0 on.

        Raises:
            DataError: an image cannot be read or decoded any more; names it.
        """
        pixels, _ = self._images[index]
        chosen = self._chosen(index)
        longest = max(len(ids) for some in chosen for ids in some)
        labels = np.zeros((len(chosen), self._most, longest), np.int32)
        weights = np.zeros(labels.shape, np.float32)
        target_ids = np.zeros_like(labels)
        for row, some in enumerate(chosen):
            for place, ids in enumerate(some):
                labels[row, place, : len(ids)] = ids
                weights[row, place, : len(ids)] = 1.0
                target_ids[row, place, : len(ids)] = [START_ID, *ids[:-1]]
        return {"images": pixels, "target_ids": target_ids}, labels, weights

    def _chosen(self, index: int) -> list[list[np.ndarray]]:
        """Returns the captions of each picture of a batch."""
        chance = np.random.default_rng((self._seed, index))
        chosen = []
        for row in self._images.rows(index):
            captions = self._captions[row]
            some = chance.permutation(len(captions))[: self._most]
            chosen.append([captions[one] for one in some])
        return chosen
