"""The standard score of bAbI: error in percent per task, its mean, and the tasks that fail."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from apps.memory_qa.answer import best_label
from apps.memory_qa.batches import StoryBatches

if TYPE_CHECKING:
    from apps.memory_qa.example import Example
    from shared.bundle import Bundle

# Weston et al. 2015 (arXiv:1502.05698): a task is solved at 95 % of right answers.
FAILED_ABOVE = 5.0
BATCH_SIZE = 256


def score(bundle: "Bundle", examples: "Sequence[Example]") -> dict[str, float]:
    """Scores a run on labelled examples.

    Returns:
        `mean_error_percent` (over tasks, each task counting the same), `failed_tasks`, and
        `error_percent/TASK` for each task.
    """
    batches = StoryBatches(
        examples,
        bundle.preprocessing,
        batch_size=BATCH_SIZE,
        shuffle=False,
        ablation=bundle.config.stories.ablation,
    )
    right = np.zeros(len(examples), dtype=bool)
    for index in range(len(batches)):
        inputs, targets = batches[index]
        labels, _ = best_label(bundle.model.predict_on_batch(inputs)["scores"])
        right[batches.rows(index)] = labels == targets["scores"]

    tasks = np.array([example.task for example in examples])
    errors = {str(task): 100.0 * float(np.mean(~right[tasks == task])) for task in np.unique(tasks)}
    return {
        "mean_error_percent": float(np.mean(list(errors.values()))),
        "failed_tasks": float(sum(error > FAILED_ABOVE for error in errors.values())),
        **{f"error_percent/{task}": error for task, error in errors.items()},
    }
