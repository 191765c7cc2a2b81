"""The form of a run for LiteRT, the engine of phones and small boards: float32 and int8.

`brickyard image-classification export RUN --format litert` calls `write_litert`. Both models
take pixels, since a client has a camera rather than JPEG files; int8 is calibrated on training
pictures, and what it costs is measured on validation pictures and written beside it.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from apps.image_classification.answer import softmax
from apps.image_classification.scores import seen_by
from shared.errors import OperationError, import_extra
from shared.files import write_json, write_text

if TYPE_CHECKING:
    from apps.image_classification.example import Example
    from shared.bundle import Bundle

EXTRA = "litert"
FLOAT_FILE, INT_FILE, LABELS_FILE = "model.tflite", "model_int8.tflite", "labels.json"
# Pictures that int8 is calibrated on, and those that both are compared on.
CALIBRATED, COMPARED = 200, 500
# Two float32 engines that add in another order differ by less in a probability.
TOLERANCE = 1e-3
# Answers that int8 may change at most; more means that it was not calibrated on such pictures.
MOST_CHANGED = 0.2

_README = """\
# A picture classifier for LiteRT

`{float_file}` computes in float32 what the run computes, compared by value when it was written.
`{int_file}` computes in int8: on {count} pictures it is right in {int8:.2f} %, the run in
{run:.2f} %.

Input `images`: float32 (1, {size}, {size}, 3), red, green and blue from 0 to 255. Cut out the
middle square of a picture, {crop:g} of its short side, and resize it. Output: probabilities
(1, {classes}) of the classes in `{labels_file}`.

```python
import json
import numpy as np
from ai_edge_litert.interpreter import Interpreter

interpreter = Interpreter("{int_file}")
classify = interpreter.get_signature_runner()
found = classify(images=np.full((1, {size}, {size}, 3), 127.0, np.float32))["probabilities"][0]
print(json.load(open("{labels_file}"))[found.argmax()], found.max())
```
"""


def write_litert(bundle: "Bundle", folder: Path) -> None:
    """Writes both models with the names of the classes, and compares them with the run.

    Args:
        bundle: a run of image_classification, whose data is still there.
        folder: an existing, empty folder.

    Raises:
        MissingPackageError: LiteRT is not installed.
        DataError: the data of the run cannot be read any more.
        OperationError: a model does not compute what the run does.
    """
    import_extra("ai_edge_litert", extra=EXTRA)
    from apps.image_classification.graph_litert import convert

    splits = bundle.app.load_data(bundle.config)
    chosen = _evenly(splits.train, CALIBRATED)
    (folder / FLOAT_FILE).write_bytes(convert(bundle.model))
    (folder / INT_FILE).write_bytes(convert(bundle.model, lambda: _single(bundle, chosen)))
    bundle.preprocessing.save(folder)
    scores = compare(bundle, folder, _evenly(splits["validation"], COMPARED))
    write_json(folder / "scores.json", scores)
    write_text(folder / "README.md", _described(bundle, scores))


def compare(bundle: "Bundle", folder: Path, examples: "Sequence[Example]") -> dict[str, float]:
    """Compares the written models with their run.

    Args:
        bundle: the run.
        folder: of both models.
        examples: N pictures, from 1.

    Returns:
        "pictures", and the accuracy in percent of "run", "float32" and "int8".

    Raises:
        OperationError: a float32 probability differs by more than rounding, or int8 gives another
            class to more than a fifth of the pictures.
    """
    labels = bundle.preprocessing.ids(examples)
    pixels = list(_single(bundle, examples))
    own = np.concatenate([softmax(bundle.model.predict_on_batch(one)) for one in pixels])
    exact, rounded = (
        np.concatenate([run(one) for one in pixels])
        for run in map(_runner, (folder / FLOAT_FILE, folder / INT_FILE))
    )
    far = float(np.abs(exact - own).max())
    changed = float(np.mean(rounded.argmax(axis=1) != own.argmax(axis=1)))
    if far > TOLERANCE or changed > MOST_CHANGED:
        raise OperationError(
            f"Expected models that compute what the run does, received a float32 one that differs "
            f"by {far:.3g} and an int8 one that changes {100 * changed:.1f} % of the answers; "
            "nothing was written; report it with the versions of TensorFlow and LiteRT"
        )
    named = {"run": own, "float32": exact, "int8": rounded}
    return {
        "pictures": len(labels),
        **{name: 100.0 * float((p.argmax(axis=1) == labels).mean()) for name, p in named.items()},
    }


def _runner(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    interpreter = import_extra("ai_edge_litert.interpreter", extra=EXTRA).Interpreter(str(path))
    classify: Any = interpreter.get_signature_runner()

    def run(images: np.ndarray, kept: Any = interpreter) -> np.ndarray:
        # The interpreter has to outlive its runner.
        return classify(images=images)["probabilities"]

    return run


def _single(bundle: "Bundle", examples: "Sequence[Example]") -> Iterator[np.ndarray]:
    """Yields pictures one by one, float32 (1, size, size, 3)."""
    batches = seen_by(bundle, examples, batch_size=1)
    for place in range(len(batches)):
        yield batches[place][0]


def _evenly(examples: "Sequence[Example]", count: int) -> "list[Example]":
    """Returns so many examples, evenly spaced, for they stand class by class."""
    count = min(count, len(examples))
    return [examples[place * len(examples) // count] for place in range(count)]


def _described(bundle: "Bundle", scores: dict[str, float]) -> str:
    return _README.format(
        float_file=FLOAT_FILE,
        int_file=INT_FILE,
        labels_file=LABELS_FILE,
        count=int(scores["pictures"]),
        int8=scores["int8"],
        run=scores["run"],
        size=bundle.model.input_shape[1],
        crop=bundle.config.pictures.crop,
        classes=len(bundle.preprocessing),
    )
