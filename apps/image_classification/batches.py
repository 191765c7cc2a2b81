"""Batches of features for the probe, and batches whose rare classes count more.

`apps.image_classification.stages` makes both; they are what `shared.data.batches.Batches` asks for.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from shared.images.features import Features

if TYPE_CHECKING:
    from shared.data.batches import Batches


class FeatureBatches:
    """Batches of (features float32 (B, D), labels float32 (B, C)).

    Each picture is seen once an epoch; the last batch of an epoch may be smaller.

    Args:
        features: (N, D), of N pictures.
        labels: float32 (N, C), a share for each class.
        batch_size: pictures in a batch, from 1.
        seed: of the order, from 0.
        shuffle: False keeps the order (for validation).
    """

    def __init__(
        self,
        features: Features,
        labels: np.ndarray,
        *,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = True,
    ):
        self._features, self._labels = features, labels
        self._size, self._seed, self._shuffle = batch_size, seed, shuffle

    def __len__(self) -> int:
        """Batches in an epoch."""
        return -(-len(self._labels) // self._size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        """Returns batch `index`, from 0 on; the epochs follow one another."""
        epoch, place = divmod(index, len(self))
        order = np.arange(len(self._labels))
        if self._shuffle:
            order = np.random.default_rng((self._seed, epoch)).permutation(order)
        rows = order[place * self._size : (place + 1) * self._size]
        return self._features[rows], self._labels[rows]


class Weighted:
    """Batches of (inputs, labels float32 (B, C), weights float32 (B,)) made from others.

        weight(c) = N / (C * N_c)

    so rare classes count more, and the weights of all N examples have a mean of 1. A label that
    is shared by several classes has the mean of their weights, by its shares.

    Args:
        batches: of (inputs, labels float32 (B, C)), a share for each class.
        counts: int (C,), examples N_c of each class, all above 0.
    """

    def __init__(self, batches: "Batches", counts: np.ndarray):
        self._batches = batches
        self._weights = (counts.sum() / (len(counts) * counts)).astype(np.float32)

    def __len__(self) -> int:
        """Batches in an epoch."""
        return len(self._batches)

    def __getitem__(self, index: int) -> tuple[Any, np.ndarray, np.ndarray]:
        """Returns batch `index` of the others, with its weights."""
        inputs, labels = self._batches[index]
        return inputs, labels, labels @ self._weights
