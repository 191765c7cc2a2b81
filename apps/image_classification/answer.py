"""Answers of the network as named arrays, and as something a person can read.

`answer` gives in Python what `apps.image_classification.serving` gives in a served graph.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from shared.bundle import Bundle
    from shared.data.pictures.item import Item

# Classes that an answer names, the most probable first.
MOST_NAMED = 5


def answer(bundle: "Bundle", items: "Sequence[Item]") -> dict[str, np.ndarray]:
    """Classifies a batch of pictures.

    Args:
        bundle: a run of image_classification.
        items: N encoded pictures.

    Returns:
        label (N,) bytes and probability (N,) float32 of the most probable class; labels (N, K)
        bytes and probabilities (N, K) float32 of the K = min(5, C) most probable, in their order.
    """
    from shared.images.reading import decode_images

    names = np.array([label.encode() for label in bundle.preprocessing.labels], object)
    images = decode_images(
        items,
        [item.data for item in items],
        size=bundle.model.input_shape[1],
        crop=bundle.config.pictures.crop,
    )
    return ranked(softmax(bundle.model.predict_on_batch(images)), names)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Returns the probabilities (N, C) of logits (N, C)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def ranked(probabilities: np.ndarray, names: np.ndarray) -> dict[str, np.ndarray]:
    """Returns the most probable classes of each row, as `answer` does.

    Args:
        probabilities: (N, C); of equal ones the class that comes first stands first.
        names: bytes (C,), in an array of objects.
    """
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :MOST_NAMED]
    best = np.take_along_axis(probabilities, order, axis=1).astype(np.float32)
    labels = names[order]
    return {
        "label": labels[:, 0],
        "probability": best[:, 0],
        "labels": labels,
        "probabilities": best,
    }


def readable(items: "Sequence[Item]", outputs: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Returns one result a picture: its class, how sure that is, and the next best classes.

    Args:
        items: N pictures.
        outputs: what `answer` returns, or a server.

    Returns:
        N times `answer`, `probability`, `picture` (its name) and `classes`, a list of
        `{label, probability}`.
    """
    return [
        {
            "answer": outputs["label"][row].decode(),
            "probability": float(outputs["probability"][row]),
            "picture": item.name,
            "classes": [
                {"label": label.decode(), "probability": float(probability)}
                for label, probability in zip(
                    outputs["labels"][row], outputs["probabilities"][row], strict=True
                )
            ],
        }
        for row, item in enumerate(items)
    ]
