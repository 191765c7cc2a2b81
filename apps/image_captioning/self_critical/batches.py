"""Batches of captions that were just drawn, each weighted by how much better it is than others.

`self_critical.stage` trains on them with ordinary cross-entropy, whose gradient is then that of the
expected reward (Williams 1992, REINFORCE).
"""

from collections.abc import Callable, Sequence

import numpy as np

from apps.image_captioning.batches import Grids
from apps.image_captioning.preprocessing import END_ID, PADDING_ID, START_ID
from apps.image_captioning.self_critical.cider import CiderD
from shared.data.batches import BucketedRows


class SelfCriticalBatches:
    """Batches for `apps.image_captioning.self_critical.policy.CaptionPolicy`.

    A batch is ({"features": float32 (B, R, C), "target_ids": int32 (B, K, T)}, labels int32
    (B, K, T), weights float32 (B, K, T)) with K captions of each picture, drawn by chance; T is the
    longest of them. The words of a caption y, its end among them, have the weight T A(y), the rest
    0, so that the mean of the weighted cross-entropy over all B K T places is

        -1 / (B K) sum_y A(y) log p(y),    A(y) = r(y) - b,

    with the reward r, CIDEr-D against the references of the picture. Its gradient is, on average,
    that of -E[r], for the baseline b does not depend on the caption:

        "mean"    b of the other K - 1 captions of the picture (Luo 2020, arXiv:2003.09971)
        "greedy"  the reward of the likeliest caption (Rennie et al. 2017, arXiv:1612.00563)

    The end counts as a word in rewards, lest captions learn to break off after "a" (Rennie et al.).
    Every picture comes once an epoch. Batch i is a pure function of the seed, of i and of the
    weights the decoder has then; so none may be made ahead of its step.

    Args:
        features: returns those of N images; asked once, for the first batch.
        references: of each image 1 or more arrays of ids with the end.
        draw: features float32 (B, R, C), noise float32 (B, K, T) uniform in [0, 1) -> ids int32
            (B, K, T), 0 behind the end.
        greedy: features -> ids int32 (B, T); None for the baseline "mean".
        samples: K, from 1; from 2 without `greedy`.
        steps: T, most ids of a caption with its end.
        batch_size: images in a batch, from 1.
        seed: of the order and of chance, from 0.

    Raises:
        ValueError: there is one sample and nothing to compare it with, or references are unusable.
    """

    ahead = 0

    def __init__(
        self,
        features: Callable[[], Grids],
        references: Sequence[Sequence[np.ndarray]],
        *,
        draw: Callable[[np.ndarray, np.ndarray], np.ndarray],
        greedy: Callable[[np.ndarray], np.ndarray] | None = None,
        samples: int,
        steps: int,
        batch_size: int,
        seed: int = 0,
    ):
        if samples < (1 if greedy else 2):
            raise ValueError(f"Expected samples to compare with one another, got {samples}.")
        self._ask = features
        self._features: Grids | None = None
        self._draw, self._greedy = draw, greedy
        self._cider = CiderD(references)
        self._samples, self._steps, self._seed = samples, steps, seed
        self._rows = BucketedRows(np.zeros(len(references)), batch_size=batch_size, seed=seed)

    def __len__(self) -> int:
        """Batches in an epoch."""
        return len(self._rows)

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        """Returns batch `index`, drawn now; any index from 0 on."""
        images = self._rows.rows(index)
        features = self._features_of(images)
        # A seed of three numbers is none that the order has.
        chance = np.random.default_rng((self._seed, index, self._samples))
        shape = (len(images), self._samples, self._steps)
        token_ids = np.asarray(self._draw(features, chance.random(shape, np.float32)), np.int32)
        rewards = self._rewards(token_ids, images)
        baseline = None
        if self._greedy is not None:
            likeliest = np.asarray(self._greedy(features))[:, None]
            baseline = self._rewards(likeliest, images)[:, 0]
        labels = token_ids[:, :, : max(1, int((token_ids != PADDING_ID).sum(axis=2).max()))]
        target_ids = np.zeros_like(labels)
        target_ids[:, :, 0] = START_ID
        target_ids[:, :, 1:] = np.where(labels == END_ID, PADDING_ID, labels)[:, :, :-1]
        share = advantages(rewards, baseline)[:, :, None] * labels.shape[2]
        weights = (share * (labels != PADDING_ID)).astype(np.float32)
        return {"features": features, "target_ids": target_ids}, labels, weights

    def items(self, index: int) -> int:
        """Returns the captions that are drawn for a batch."""
        return len(self._rows.rows(index)) * self._samples

    def _features_of(self, images: np.ndarray) -> np.ndarray:
        # A stage before may have changed the encoder; this one does not.
        if self._features is None:
            self._features = self._ask()
        return np.asarray(self._features[images], np.float32)

    def _rewards(self, token_ids: np.ndarray, images: np.ndarray) -> np.ndarray:
        """Returns the rewards (B, K) of captions (B, K, T)."""
        count = token_ids.shape[1]
        captions = [ids[ids != PADDING_ID] for some in token_ids for ids in some]
        return self._cider.scores(captions, np.repeat(images, count)).reshape(-1, count)


def advantages(rewards: np.ndarray, baseline: np.ndarray | None = None) -> np.ndarray:
    """Returns by how much each caption is better than its baseline, float64 (B, K).

    Args:
        rewards: (B, K).
        baseline: (B,). Default: for each caption the mean of the other K - 1.

    Example:
    >>> advantages(np.array([[1.0, 2.0, 6.0]])).tolist()
    [[-3.0, -1.5, 4.5]]
    >>> advantages(np.array([[1.0, 2.0, 6.0]]), np.array([2.0])).tolist()
    [[-1.0, 0.0, 4.0]]
    """
    if baseline is not None:
        return rewards - baseline[:, None]
    others = (rewards.sum(axis=1, keepdims=True) - rewards) / (rewards.shape[1] - 1)
    return rewards - others
