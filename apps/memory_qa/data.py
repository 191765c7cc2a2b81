"""Where stories come from: bAbI folders and archives, the user's files, TFDS, our own sample.

The app asks `load_stories` for the three splits, `StoryPreprocessing` for the ids and
`StoryBatches` for what the network is fed with; all are numpy, so training needs no TensorFlow.
"""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from apps.memory_qa.batches import StoryBatches
from apps.memory_qa.example import Example
from apps.memory_qa.formats import Story
from apps.memory_qa.item import Item, example_items, parse_item
from apps.memory_qa.parts import Part, digest, read_parts, task_order
from apps.memory_qa.preprocessing import StoryPreprocessing
from apps.memory_qa.sample import sample_stories
from shared.app import Splits
from shared.errors import DataError

__all__ = [
    "Example",
    "Item",
    "StoryBatches",
    "StoryPreprocessing",
    "example_items",
    "load_stories",
    "parse_item",
    "sample_stories",
]
SPLITS = ("train", "validation", "test")


def load_stories(
    source: str,
    *,
    size: Literal["1k", "10k"] = "10k",
    tasks: tuple[int, ...] = (),
    validation_fraction: float = 0.1,
    seed: int = 0,
    data_dir: Path | None = None,
    download: bool = False,
) -> Splits:
    """Reads stories and splits them.

    Where a task comes without validation part, some of its training stories become it, chosen by
    the seed; equal stories stay together, so no story is in two splits.

    Args:
        source: path of a file, folder or archive, "tfds:NAME", or "sample".
        size: which of the bAbI folders to take where the source has several.
        tasks: numbers of the bAbI tasks to take; () for all.
        validation_fraction: share of the training questions, from 0 to below 1.
        seed: of that choice.
        data_dir: where "tfds:NAME" lies.
        download: lets "tfds:NAME" be fetched.

    Returns:
        the splits; their info has "source", "folder" (of bAbI), "parts" (name, split, sha256,
        examples) and "tasks" (questions of each task in each split).

    Raises:
        DataError: the source cannot be read, or holds no stories of the kind asked for.
    """
    parts, folder = read_parts(
        source, size=size, tasks=tasks, seed=seed, data_dir=data_dir, download=download
    )
    parts = _cut_validation(parts, validation_fraction, seed)
    examples = {
        split: [
            example
            for part in parts
            if part.split == split
            for story in part.stories
            for example in story
        ]
        for split in SPLITS
    }
    counts = {split: Counter(example.task for example in examples[split]) for split in SPLITS}
    names = sorted(set().union(*counts.values()), key=task_order)
    info = {
        "source": source,
        "folder": folder,
        "parts": [
            {
                "name": part.name,
                "split": part.split,
                "sha256": part.sha256,
                "examples": sum(map(len, part.stories)),
            }
            for part in parts
        ],
        "tasks": {name: {split: counts[split][name] for split in SPLITS} for name in names},
    }
    return Splits(examples["train"], examples["validation"], examples["test"], info)


def _cut_validation(parts: list[Part], fraction: float, seed: int) -> list[Part]:
    """Moves training stories of the tasks that have no validation part into one."""
    training = [story for part in parts if part.split == "train" for story in part.stories]
    given = [story for part in parts if part.split == "validation" for story in part.stories]
    served = {story[0].task for story in given}
    # Equal stories, also of different files, go the same way.
    equal: dict[tuple[str, ...], list[Story]] = {}
    for story in training:
        if story[0].task not in served:
            equal.setdefault(story[-1].story, []).append(story)
    by_task: dict[str, list[list[Story]]] = {}
    for stories in equal.values():
        by_task.setdefault(stories[0][0].task, []).append(stories)
    if fraction <= 0 or not by_task:
        return parts

    cut: set[int] = set()
    for task, clusters in by_task.items():
        order = np.random.default_rng((seed, *task.encode())).permutation(len(clusters))
        wanted = fraction * sum(len(story) for stories in clusters for story in stories)
        taken = 0
        # The last one always stays in training.
        for place in order[:-1]:
            if taken >= wanted:
                break
            cut.update(map(id, clusters[place]))
            taken += sum(map(len, clusters[place]))
    if not cut and not given:
        raise DataError(
            "Expected at least two different stories of a task, so that one can be kept for "
            "validation, received one of each; give more stories or a validation part."
        )
    return [half for part in parts for half in _halves(part, cut)]


def _halves(part: Part, cut: set[int]) -> list[Part]:
    moved = [story for story in part.stories if id(story) in cut]
    if not moved:
        return [part]
    kept = [story for story in part.stories if id(story) not in cut]
    # The digest of the file stays with what is trained on; evaluating on the whole file is then
    # recognised, and evaluating on the stories held back is not mistaken for it.
    held_back = replace(part, split="validation", sha256=digest(moved), stories=moved)
    return [replace(part, stories=kept), held_back]
