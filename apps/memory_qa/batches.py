"""Stories as training batches: the ids of a batch are looked up when it is asked for.

Sentences repeat, so each distinct one is kept once as a row of ids, and a story is a list of row
numbers. A batch is then two array look-ups, which keeps the network fed from one thread.
"""

from collections.abc import Sequence
from typing import Literal

import numpy as np

from apps.memory_qa.example import Example
from apps.memory_qa.preprocessing import StoryPreprocessing
from shared.data.batches import BucketedRows, smallest_fitting

Ablation = Literal["none", "question_only", "story_only"]
SENTENCE_BOUNDARIES = (4, 8, 12, 16, 24, 32, 50, 64, 100, 150, 200, 320)
WORD_BOUNDARIES = (4, 6, 8, 12, 16, 24, 32, 48, 64)


class _Rows:
    """Lists of numbers of different lengths in one flat array."""

    def __init__(self, lists: Sequence[Sequence[int]]) -> None:
        self.lengths = np.array([len(numbers) for numbers in lists], np.int64)
        self._ends = np.cumsum(self.lengths)
        # Place 0 holds the empty row, so that "before the start" needs no other branch.
        self._flat = np.zeros(1 + int(self.lengths.sum()), np.int32)
        self._flat[1:] = [number for numbers in lists for number in numbers]

    def from_end(self, rows: np.ndarray, back: np.ndarray) -> np.ndarray:
        """Returns the numbers `back` places before the last one of each row; 0 before the first.

        Args:
            rows: (B,).
            back: (B, N), from 0; a negative place gives 0.
        """
        inside = (back >= 0) & (back < self.lengths[rows][:, None])
        return self._flat[np.where(inside, self._ends[rows][:, None] - back, 0)]


class StoryBatches:
    """Batches of ({"story_ids", "question_ids"}, {"scores": answer ids}).

    story_ids int32 (B, N, J) is right-aligned with empty rows of zeros first, question_ids int32
    (B, J), answer ids int32 (B,). N and J are rounded up to a few sizes, so that few programs are
    compiled.

    With `random_noise` r, from 0 to ceil(r * n) empty memories are put among the n sentences of a
    story, which makes older sentences appear longer ago: the "random noise" of Sukhbaatar,
    Szlam, Weston, Fergus: End-To-End Memory Networks, 2015, arXiv:1503.08895.

    Args:
        examples: questions with their stories.
        preprocessing: gives the ids.
        batch_size: questions in a batch.
        seed: of shuffling and noise; batch `index` depends on (seed, index) alone.
        shuffle: True for training; False keeps the order within the lengths.
        random_noise: empty memories to add, as a share of the story, from 0 to 1.
        ablation: "question_only" leaves the story empty, "story_only" the question.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        preprocessing: StoryPreprocessing,
        *,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = True,
        random_noise: float = 0.0,
        ablation: Ablation = "none",
    ) -> None:
        self._memory = preprocessing.memory_size
        self._words = preprocessing.max_words
        self._seed = seed
        self._noise = random_noise if ablation != "question_only" else 0.0
        self._ablation = ablation
        places = {"": 0}
        kept = preprocessing.memory_size if ablation != "question_only" else 0
        stories = [
            [places.setdefault(text, len(places)) for text in example.story[-kept or 10**9 :]]
            for example in examples
        ]
        questions = [places.setdefault(example.question, len(places)) for example in examples]
        self._sentences = _table([preprocessing.word_ids(text) for text in places])
        self._stories = _Rows(stories if kept else [[] for _ in examples])
        self._questions = np.array(questions, np.int64)
        self._answers = np.array([preprocessing.answer_id(e.answer) for e in examples], np.int32)
        noisy = self._stories.lengths + np.ceil(self._stories.lengths * self._noise).astype(int)
        self._lengths = np.minimum(noisy, self._memory)
        # Like with like in both directions: one long sentence would widen a whole batch.
        height = np.searchsorted(SENTENCE_BOUNDARIES, self._lengths)
        width = np.searchsorted(WORD_BOUNDARIES, self._widths(stories))
        sizes = len(WORD_BOUNDARIES) + 1
        self._rows = BucketedRows(
            height * sizes + width,
            batch_size=batch_size,
            seed=seed,
            boundaries=range(sizes * (len(SENTENCE_BOUNDARIES) + 1)),
            shuffle=shuffle,
        )

    def __len__(self) -> int:
        """Batches in an epoch."""
        return len(self._rows)

    def rows(self, index: int) -> np.ndarray:
        """Returns which examples are in a batch, int64 (B,)."""
        return self._rows.rows(index)

    def __getitem__(self, index: int) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
        """Returns a batch; any index from 0 on, the epochs follow one another."""
        rows = self.rows(index)
        longest = int(self._lengths[rows].max(initial=1))
        sentences = min(smallest_fitting(longest, SENTENCE_BOUNDARIES), self._memory)
        # Column N-1 is the latest sentence, 0 back; noise moves the older ones further back.
        back = np.broadcast_to(np.arange(sentences)[::-1], (len(rows), sentences))
        if self._noise:
            back = self._noisy(rows, sentences, index)
        story_ids = self._sentences[self._stories.from_end(rows, back)]
        question_ids = self._sentences[self._questions[rows]]
        if self._ablation == "story_only":
            question_ids = np.zeros_like(question_ids)
        used = max(
            int(np.count_nonzero(story_ids.any((0, 1)))), int(np.count_nonzero(question_ids.any(0)))
        )
        words = min(smallest_fitting(max(1, used), WORD_BOUNDARIES), story_ids.shape[-1])
        inputs = {
            "story_ids": np.ascontiguousarray(story_ids[..., :words]),
            "question_ids": np.ascontiguousarray(question_ids[..., :words]),
        }
        return inputs, {"scores": self._answers[rows]}

    def _widths(self, stories: Sequence[Sequence[int]]) -> np.ndarray:
        """Returns the words of the longest sentence or question of each example."""
        words = np.count_nonzero(self._sentences, axis=1)
        longest = [max((words[place] for place in story), default=0) for story in stories]
        return np.maximum(longest, words[self._questions])

    def _noisy(self, rows: np.ndarray, sentences: int, index: int) -> np.ndarray:
        """Returns which sentence, counted back from the latest, each memory holds; -1 for none."""
        generator = np.random.default_rng((self._seed, index, 1))
        lengths = self._stories.lengths[rows]
        most = np.ceil(lengths * self._noise).astype(np.int64)
        blanks = generator.integers(0, most + 1)
        slots = np.arange(int((lengths + most).max(initial=1)))
        # The slots with the smallest keys among the first n + blanks ones become the empty ones.
        keys = generator.random((len(rows), len(slots)))
        keys[slots[None, :] >= (lengths + blanks)[:, None]] = 2.0
        rank = keys.argsort(axis=1).argsort(axis=1)
        empty = rank < blanks[:, None]
        back = np.where(empty, -1, np.cumsum(~empty, axis=1) - 1)
        wide = np.full((len(rows), max(sentences, len(slots))), -1)
        wide[:, : len(slots)] = back
        return wide[:, :sentences][:, ::-1]


def _table(rows: list[list[int]]) -> np.ndarray:
    """Returns rows of ids as int32 (U, J), zeros behind."""
    table = np.zeros((len(rows), max([1, *map(len, rows)])), np.int32)
    for place, row in enumerate(rows):
        table[place, : len(row)] = row
    return table
