"""The 1000 classes of ImageNet by a published network, with nothing trained.

`brickyard image-classification predict imagenet:NAME` asks it; the answers are those of a run.
"""

import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from apps.image_classification.answer import ranked
from shared.errors import DataError, UserError

if TYPE_CHECKING:
    import keras

    from shared.data.pictures.item import Item

PREFIX = "imagenet:"
CLASSES = 1000


class PublishedNetwork:
    """Answers pictures by a network that somebody else has trained.

    Args:
        network: images float32 (B, size, size, 3), 0 to 255 -> probabilities (B, C).
        labels: of the C classes, in the order of the network's outputs.
    """

    def __init__(self, network: "keras.Model", labels: Sequence[str]):
        self._network = network
        self._labels = np.array([label.encode() for label in labels], object)

    def outputs(self, items: "Sequence[Item]") -> dict[str, np.ndarray]:
        """Returns what `apps.image_classification.answer.answer` returns, of the classes here."""
        from shared.images.reading import decode_images

        size = self._network.input_shape[1]
        images = decode_images(items, [item.data for item in items], size=size)
        return ranked(self._network.predict_on_batch(images), self._labels)


def open_imagenet(
    name: str, *, weights: Path | None = None, class_index: Path | None = None
) -> PublishedNetwork:
    """Builds a network of `keras.applications` with its weights and the names of its classes.

    Args:
        name: such as MobileNetV2, in any case.
        weights: a `.weights.h5` file of this network with its classifier; by default Keras fetches
            them, and says so.
        class_index: a file as Keras has it, see `read_class_index`; by default Keras fetches it.

    Raises:
        ConfigError: there is no network of this name; names the nearest.
        BundleError: the weights are of another network, or without the classifier.
        DataError: the class index is none.
        UserError: something cannot be fetched.
    """
    from shared.backbones.build import build_classifier
    from shared.backbones.families import find_family
    from shared.quiet import load_keras

    load_keras()
    family = find_family(name)
    # What is small comes first: a mistake in it is to be known before much is fetched.
    labels = fetch_labels() if class_index is None else read_class_index(class_index)
    network = build_classifier(family.name, weights=str(weights or "imagenet"))
    return PublishedNetwork(network, labels)


def read_class_index(path: Path) -> list[str]:
    """Reads the names of the 1000 classes from a file in the form of imagenet_class_index.json.

    Args:
        path: JSON, {"0": ["n01440764", "tench"], ...}: the WordNet number and name of each class.

    Raises:
        DataError: the file cannot be read, or has another form or number of classes.
    """
    expected = (
        f'Expected the names of {CLASSES} classes in {path}, {{"0": ["n01440764", "tench"], ...}}'
    )
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DataError(f"{expected}, received: {error.strerror}; check the path.") from None
    except (ValueError, RecursionError):
        raise DataError(f"{expected}, received what is no JSON; give Keras' own file.") from None
    if not isinstance(held, dict) or not all(map(_is_class, held.values())):
        raise DataError(f"{expected}, received JSON of another form; give Keras' own file.")
    if held.keys() != {str(number) for number in range(CLASSES)}:
        raise DataError(
            f"{expected}, numbered from 0 to {CLASSES - 1}, received {len(held)}"
            f"{' with other numbers' if len(held) == CLASSES else ''}; give Keras' own file."
        )
    return [held[str(number)][1] for number in range(CLASSES)]


def fetch_labels() -> list[str]:
    """Returns the names of the 1000 classes, which Keras fetches where it has not yet done so.

    Raises:
        UserError: they cannot be fetched.
    """
    from keras.applications.imagenet_utils import decode_predictions

    what = "the names of the ImageNet classes"
    print(f"Keras fetches {what} unless it has done so before.", file=sys.stderr)
    try:
        # Keras shows how far it is where results belong.
        with redirect_stdout(sys.stderr):
            # Of row i, class i is the most probable.
            found = decode_predictions(np.eye(CLASSES), top=1)
    except Exception as error:  # Keras raises a plain Exception where a file cannot be fetched.
        raise UserError(
            f"Expected to fetch {what} through Keras, which failed ({str(error)[:120]!r}); go "
            "online once, or give --class-index FILE."
        ) from None
    return [label for ((_, label, _),) in found]


def _is_class(value: object) -> bool:
    return (
        isinstance(value, list) and len(value) == 2 and all(isinstance(one, str) for one in value)
    )
