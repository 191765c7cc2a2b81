"""Batches of sentence pairs by number of tokens: few long ones, or many short ones.

A batch holds at most so many target tokens, padding included, so every step costs about the same;
pairs of like length go together. A batch is a pure function of (seed, index), as
`shared.data.batches` asks for.
"""

from collections.abc import Sequence

import numpy as np

UNKNOWN_ID, START_ID, END_ID = 1, 2, 3
# Pairs are shuffled, and then sorted by length within so many batches: near enough in length to
# waste little, and never the same company twice.
POOL = 50


class PairBatches:
    """Batches of token ids for the networks of `apps.translation.model`.

    A batch is ({"source_ids": int32 (B, S), "target_ids": int32 (B, T)}, labels int32 (B, T),
    weights float32 (B, T)). Sources end with the end token; targets begin with the start token, and
    labels are the targets one place on, with the end token; the rest is 0.

    Args:
        sources: token ids of each source sentence.
        targets: token ids of each target sentence.
        batch_tokens: tokens of the longer side of a batch at most, padding included.
        max_tokens: tokens of a sentence that are used; the rest is cut off.
        seed: of the order.
        shuffle: False keeps the batches of all epochs the same (for validation).
    """

    def __init__(
        self,
        sources: Sequence[np.ndarray],
        targets: Sequence[np.ndarray],
        *,
        batch_tokens: int,
        max_tokens: int,
        seed: int = 0,
        shuffle: bool = True,
    ):
        self._sources = [ids[:max_tokens] for ids in sources]
        self._targets = [ids[:max_tokens] for ids in targets]
        self._tokens, self._seed, self._shuffle = batch_tokens, seed, shuffle
        # One token more on each side: the end of the source, and start or end of the target.
        self._source_lengths = np.array([len(ids) + 1 for ids in self._sources])
        self._target_lengths = np.array([len(ids) + 1 for ids in self._targets])
        self._epoch: tuple[int, list[np.ndarray]] | None = None
        self._length = len(self._cut(self._order(0)))

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self._length

    def rows(self, index: int) -> np.ndarray:
        """Returns the pairs of a batch, int64 (B,)."""
        epoch, place = divmod(index, self._length) if self._shuffle else (0, index)
        if self._epoch is None or self._epoch[0] != epoch:
            self._epoch = (epoch, self._batches_of(epoch))
        return self._epoch[1][place]

    def items(self, index: int) -> int:
        """Returns the target tokens of a batch, without padding."""
        return int(self._target_lengths[self.rows(index)].sum())

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray], np.ndarray, np.ndarray]:
        """Returns batch `index`."""
        rows = self.rows(index)
        source_ids = np.zeros((len(rows), self._source_lengths[rows].max()), np.int32)
        target_ids = np.zeros((len(rows), self._target_lengths[rows].max()), np.int32)
        labels = np.zeros_like(target_ids)
        for place, row in enumerate(rows):
            source, target = self._sources[row], self._targets[row]
            source_ids[place, : len(source)] = source
            source_ids[place, len(source)] = END_ID
            target_ids[place, 0] = START_ID
            target_ids[place, 1 : len(target) + 1] = target
            labels[place, : len(target)] = target
            labels[place, len(target)] = END_ID
        inputs = {"source_ids": source_ids, "target_ids": target_ids}
        return inputs, labels, (labels != 0).astype(np.float32)

    def _order(self, epoch: int) -> np.ndarray:
        if not self._shuffle:
            return np.lexsort((self._source_lengths, self._target_lengths))
        random = np.random.default_rng((self._seed, epoch))
        order = random.permutation(len(self._sources))
        pool = POOL * max(1, self._tokens // max(1, int(self._target_lengths.mean())))
        return np.concatenate(
            [
                part[np.lexsort((self._source_lengths[part], self._target_lengths[part]))]
                for part in np.array_split(order, max(1, round(len(order) / pool)))
            ]
        )

    def _cut(self, order: np.ndarray) -> list[np.ndarray]:
        longest = np.maximum(self._source_lengths, self._target_lengths)[order]
        batches, start, width = [], 0, 0
        for place, length in enumerate(longest):
            width = max(width, int(length))
            if (place + 1 - start) * width > self._tokens and place > start:
                batches.append(order[start:place])
                start, width = place, int(length)
        return [*batches, order[start:]]

    def _batches_of(self, epoch: int) -> list[np.ndarray]:
        batches = self._cut(self._order(epoch))
        if not self._shuffle:
            return batches
        # Every epoch has as many steps as the first: the spare rows join other batches, and where
        # batches are missing the largest are halved.
        while len(batches) > self._length:
            batches.sort(key=len)
            batches[1] = np.concatenate([batches[0], batches[1]])
            del batches[0]
        while len(batches) < self._length:
            batches.sort(key=len)
            half = len(batches[-1]) // 2
            batches += [batches[-1][:half], batches[-1][half:]]
            del batches[-3]
        random = np.random.default_rng((self._seed, epoch, 1))
        return [batches[place] for place in random.permutation(len(batches))]
