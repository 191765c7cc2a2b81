"""Makes word vectors by counting and factoring: the baseline that a trainer has to beat."""

import time

import numpy as np

from apps.word_analogies.evaluation.lsa import train_lsa
from apps.word_analogies.trainers.tables import Tables, Task
from shared.progress import progress_line
from shared.training.history import write_rows


def train_by_counting(task: Task) -> Tables:
    """Factors the table of words and their neighbours; begins anew when resumed.

    Raises:
        DataError: the vocabulary is not larger than the vectors.
    """
    words, vectors = task.vocabulary.words, task.config.vectors
    began = time.monotonic()
    with progress_line("counting neighbours", total=None, unit="ids") as progress:
        found = train_lsa(
            task.text.ids,
            words,
            size=vectors.size,
            window=vectors.window,
            max_words=len(words),
            seed=task.config.seed,
            progress=progress,
        )
    row = {"stage": "lsa", "epoch": 1, "step": 1, "seconds": round(time.monotonic() - began, 3)}
    write_rows(task.run_dir / "metrics.jsonl", [row])
    return Tables(found.matrix, np.zeros_like(found.matrix))
