"""The answers of a run to labelled pictures, and how good they are.

The app, its report, its temperature and the benchmarks ask for them here.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from apps.image_classification.answer import softmax
from apps.image_classification.evaluation.evaluate import evaluate

if TYPE_CHECKING:
    from apps.image_classification.example import Example
    from shared.bundle import Bundle
    from shared.images.batches import ImageBatches

BATCH_SIZE = 32


class Judged(NamedTuple):
    """N labelled pictures and what a run says of them."""

    labels: np.ndarray
    """int32 (N,), 0 to C - 1."""
    probabilities: np.ndarray
    """float32 (N, C)."""
    before: np.ndarray
    """float32 (N, C), those at a temperature of 1."""


def judge(bundle: "Bundle", examples: "Sequence[Example]") -> Judged:
    """Reads, decodes and classifies pictures as `predict` does, a batch at a time.

    Raises:
        DataError: a picture has a class that the run does not know, or cannot be read any more.
    """
    from apps.image_classification.model import TEMPERATURE

    batches = seen_by(bundle, examples)
    logits = np.concatenate(
        [bundle.model.predict_on_batch(batches[place][0]) for place in range(len(batches))]
    )
    temperature = float(np.asarray(bundle.model.get_layer(TEMPERATURE).temperature))
    labels = bundle.preprocessing.ids(examples)
    return Judged(labels, softmax(logits), softmax(logits * temperature))


def seen_by(
    bundle: "Bundle", examples: "Sequence[Example]", *, batch_size: int = BATCH_SIZE
) -> "ImageBatches":
    """Returns pictures in their order, as the network of a run sees them, with their classes.

    A batch is images float32 (B, size, size, 3), 0 to 255, and labels int32 (B,).

    Raises:
        DataError: a picture has a class that the run does not know.
    """
    from shared.images.batches import ImageBatches

    return ImageBatches(
        examples,
        bundle.preprocessing.ids(examples),
        size=bundle.model.input_shape[1],
        batch_size=batch_size,
        crop=bundle.config.pictures.crop,
        shuffle=False,
    )


def score(bundle: "Bundle", examples: "Sequence[Example]") -> dict[str, float]:
    """Returns the scores of `apps.image_classification.evaluation.evaluate`, in percent."""
    found = judge(bundle, examples)
    names = bundle.preprocessing.labels
    return evaluate(found.labels, found.probabilities, names=names, before=found.before).scores
