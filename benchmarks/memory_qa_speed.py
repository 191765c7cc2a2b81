"""How fast memory_qa trains and answers, each against plain Keras on the same input.

    python -m benchmarks.memory_qa_speed RUN MODEL --data SOURCE

Training: our batches (length buckets) against the same examples padded to one length, both by
the same `model.fit`. Answering: the SavedModel, from plain strings to the answer, against
`model.predict` on ids that are already encoded and padded. Neither side's start-up is timed.
"""

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from apps.memory_qa.batches import StoryBatches
from benchmarks.measure import paired, peak_memory_mib, write_result
from shared.bundle import Bundle, load, saved_model_dir
from shared.training.feed import Feed

TRAINING_QUESTIONS = 12_800
ROUNDS = 9


def main() -> None:
    """Runs both comparisons and writes their rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--data", required=True)
    arguments = parser.parse_args()

    bundle = load(arguments.run)
    splits = bundle.app.load_data(replace(bundle.config, data=arguments.data))
    write_result("memory_qa_speed", {"measured": "training", **training(bundle, splits.train)})
    for batch_size in (1, 64):
        row = answering(bundle, arguments.model, splits.validation, batch_size)
        write_result("memory_qa_speed", {"measured": f"answering, batch {batch_size}", **row})


def training(bundle: Bundle, examples: Sequence[Any]) -> dict[str, Any]:
    """Compares questions a second of one pass over a part of the training data."""
    rows = np.random.default_rng(0).permutation(len(examples))[:TRAINING_QUESTIONS]
    part = [examples[row] for row in rows]
    batch_size = bundle.config.training.batch_size
    model = bundle.app.build_model(bundle.config, bundle.preprocessing)
    model.compile(
        optimizer="adam",
        loss={"scores": keras.losses.SparseCategoricalCrossentropy(from_logits=True)},
    )
    bucketed = StoryBatches(part, bundle.preprocessing, batch_size=batch_size)
    feed = Feed(bucketed)
    inputs, targets = padded(bundle, part)

    def ours() -> None:
        model.fit(
            feed.between(0, len(bucketed)),
            epochs=1,
            steps_per_epoch=len(bucketed),
            shuffle=False,
            verbose=0,
        )

    def rival() -> None:
        model.fit(inputs, targets, batch_size=batch_size, epochs=1, verbose=0)

    row = paired(ours, rival, rounds=5, warm_up=1).row(items=len(part))
    return {"rival": "padded batches", **row, "peak_memory_mib": peak_memory_mib()}


def answering(
    bundle: Bundle, model: Path, examples: Sequence[Any], batch_size: int
) -> dict[str, Any]:
    """Compares answers a second of the SavedModel and of `model.predict`."""
    count = 64 if batch_size == 1 else 1024
    rows = np.random.default_rng(1).permutation(len(examples))[:count]
    items = [(examples[row].story, examples[row].question) for row in rows]
    batches = [items[start : start + batch_size] for start in range(0, count, batch_size)]
    path = saved_model_dir(model)
    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]
    requests = [
        {name: tf.constant(value) for name, value in bundle.app.requests(batch).items()}
        for batch in batches
    ]
    encoded = [bundle.preprocessing.encode(batch) for batch in batches]

    def ours() -> None:
        for request in requests:
            serve(**request)["answer"].numpy()

    def rival() -> None:
        for ids in encoded:
            bundle.model.predict(ids, batch_size=batch_size, verbose=0)

    row = paired(ours, rival, rounds=ROUNDS).row(items=count)
    return {"rival": "model.predict on ids", **row, "peak_memory_mib": peak_memory_mib()}


def padded(bundle: Bundle, examples: Sequence[Any]) -> tuple[dict[str, np.ndarray], dict]:
    """Encodes examples in one array, every story as long as the longest."""
    return StoryBatches(examples, bundle.preprocessing, batch_size=len(examples))[0]


if __name__ == "__main__":
    main()
