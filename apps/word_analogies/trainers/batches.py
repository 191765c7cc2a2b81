"""Batches of the skip-gram network: rows of neighbouring words, their contexts and negatives.

Each epoch goes through the text in stretches of equal length, in an order of its own. The words
that sub-sampling leaves of a stretch are laid into rows; windows end at the sentence, not at the
row. A batch is a pure function of (seed, index), so a resumed run sees the same.
"""

from dataclasses import dataclass

import numpy as np

ROOM = 1.15  # Blocks of a batch over those expected: sub-sampling leaves more of some stretches.
DEVIATIONS = 4  # How far above its expectation what is left of the fullest stretch may be.


@dataclass(frozen=True)
class Layout:
    """The shape of a batch and the sampling in it.

    Args:
        row: C, neighbouring words that share their negatives.
        rows: R, rows of a block, whose updates are summed.
        blocks: S, blocks of a batch, one after another in one step.
        window: words on each side at most; each word draws its own from 1 to this.
        negatives: K, negatives of a row.
        sample: t, words more frequent than this share of the text are thinned out.
    """

    row: int = 32
    rows: int = 16
    blocks: int = 64
    window: int = 5
    negatives: int = 32
    sample: float = 1e-3


def keep_probability(counts: np.ndarray, sample: float) -> np.ndarray:
    """Returns how likely each word is kept, float32 (V,): min(1, sqrt(t / f) + t / f).

    This is what word2vec.c and gensim compute; the paper (arXiv:1310.4546, formula 5) has no
    second term. Without sampling (t = 0) every word is kept.
    """
    if sample <= 0:
        return np.ones(len(counts), np.float32)
    ratio = sample * counts.sum() / counts
    return np.minimum(1.0, np.sqrt(ratio) + ratio).astype(np.float32)


class NoiseTable:
    """Draws word ids with probability proportional to count ** 0.75, by the alias method.

    One table look-up a draw, whatever the size of the vocabulary (A. J. Walker, 1977; the
    construction is M. D. Vose's, 1991).
    """

    def __init__(self, counts: np.ndarray, *, power: float = 0.75):
        weights = counts.astype(np.float64) ** power
        share = weights * (len(weights) / weights.sum())
        self.likely = np.ones(len(share), np.float32)
        self.alias = np.arange(len(share), dtype=np.int32)
        small, large = list(np.flatnonzero(share < 1)), list(np.flatnonzero(share >= 1))
        while small and large:
            low, high = small.pop(), large[-1]
            self.likely[low], self.alias[low] = share[low], high
            share[high] -= 1 - share[low]
            if share[high] < 1:
                small.append(large.pop())

    def draw(self, random: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Returns word ids of a shape, int32."""
        ids = random.integers(len(self.alias), size=shape, dtype=np.int32)
        own = random.random(shape, np.float32) < self.likely[ids]
        return np.where(own, ids, self.alias[ids])


class SkipGramBatches:
    """The batches of a text for `apps.word_analogies.trainers.skip_gram.SkipGram`.

    Args:
        ids: int32, word ids with -1 behind each sentence; may be a memory map.
        counts: int64 (V,), how often each word comes.
        layout: shape and sampling.
        seed: of order, sub-sampling, windows and negatives.
    """

    def __init__(self, ids: np.ndarray, counts: np.ndarray, layout: Layout, *, seed: int = 0):
        self._ids, self._layout, self._seed = ids, layout, seed
        self._keep = keep_probability(counts, layout.sample)
        self._noise = NoiseTable(counts)
        kept_share = float(self._keep @ (counts / counts.sum()))
        block = layout.row * layout.rows
        stretch = max(1, round(layout.blocks * block / kept_share))
        self._stretches = max(1, -(-len(ids) // stretch))
        self._stretch = -(-len(ids) // self._stretches)
        most = max(ROOM * self._stretch * kept_share, self._fullest())
        self._blocks = max(1, -(-int(min(self._stretch, most)) // block))
        self._order: tuple[int, np.ndarray] | None = None

    def __len__(self) -> int:
        """Batches in an epoch."""
        return self._stretches

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray]]:
        """Returns batch `index`; the arrays are those that `SkipGram` describes."""
        epoch, place = divmod(index, self._stretches)
        random = np.random.default_rng((self._seed, epoch, place))
        kept, sentence = self._thinned(self._stretch_ids(index), random)
        return (self._laid_out(kept, sentence, random),)

    def items(self, index: int) -> int:
        """Returns how many words of the text a batch goes through."""
        return int(np.count_nonzero(self._stretch_ids(index) >= 0))

    def _fullest(self) -> float:
        """Returns how many words of a stretch may be left, wherever it lies in the text.

        The counts may be those of more than this text, and a text is not alike everywhere.
        """
        keep = np.append(self._keep, np.float32(0))  # Id -1, a sentence end, is its last.
        starts = range(0, len(self._ids), self._stretch)
        left = max(
            (float(keep[self._ids[start : start + self._stretch]].sum()) for start in starts),
            default=0.0,
        )
        return left + DEVIATIONS * left**0.5

    def _stretch_ids(self, index: int) -> np.ndarray:
        epoch, place = divmod(index, self._stretches)
        start = int(self._ordered(epoch)[place]) * self._stretch
        return np.asarray(self._ids[start : start + self._stretch])

    def _ordered(self, epoch: int) -> np.ndarray:
        if self._order is None or self._order[0] != epoch:
            order = np.random.default_rng((self._seed, epoch)).permutation(self._stretches)
            self._order = (epoch, order)
        return self._order[1]

    def _thinned(
        self, ids: np.ndarray, random: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Returns the words that sub-sampling leaves, and the number of each one's sentence."""
        word = np.flatnonzero(ids >= 0)
        word = word[random.random(len(word), np.float32) < self._keep[ids[word]]]
        return ids[word], np.cumsum(ids < 0, dtype=np.int32)[word]

    def _laid_out(
        self, kept: np.ndarray, sentence: np.ndarray, random: np.random.Generator
    ) -> dict[str, np.ndarray]:
        layout, window = self._layout, self._layout.window
        size = self._blocks * layout.rows * layout.row
        kept, sentence = kept[:size], sentence[:size]
        shape = (self._blocks, layout.rows, layout.row)
        reach = random.integers(1, window + 1, len(kept), dtype=np.int32)
        place = np.arange(len(kept), dtype=np.int32)
        first = np.searchsorted(sentence, sentence, side="left")
        last = np.searchsorted(sentence, sentence, side="right") - 1

        def rows(values: np.ndarray) -> np.ndarray:
            return np.pad(values.astype(np.int32), (0, size - len(values))).reshape(shape)

        around = np.pad(kept, (window, size - len(kept) + window))
        spans = np.lib.stride_tricks.sliding_window_view(around, layout.row + 2 * window)
        contexts = spans[:: layout.row].reshape(*shape[:2], -1)
        negatives = self._noise.draw(random, (*shape[:2], layout.negatives))
        blocks = -(-len(kept) // (layout.rows * layout.row))
        return {
            "word_ids": rows(kept),
            "target_ids": np.concatenate([contexts, negatives], axis=-1),
            "before": rows(np.minimum(reach, place - first)),
            "after": rows(np.minimum(reach, last - place)),
            "blocks": np.array([blocks], np.int32),
        }
