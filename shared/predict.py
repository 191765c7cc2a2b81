"""Raw inputs in, readable answers out, whoever computes them: a bundle, a SavedModel, a server.

Each of the three has `outputs(items)`, which returns the named arrays of `serving_default`; the
app turns those into results. A bad input gets an `error` field and costs the others nothing.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from shared.app import App
from shared.errors import BundleError, DataError, UserError, import_extra
from shared.quiet import load_keras

if TYPE_CHECKING:
    import numpy as np

BATCH_SIZE = 64


class Answerer(Protocol):
    """Whoever computes the named outputs of a batch of parsed items."""

    def outputs(self, items: Sequence[Any]) -> "dict[str, np.ndarray]":
        """Returns the arrays of `serving_default`, one row an item."""


def predict(
    app: App, answerer: Answerer, raw: Iterable[Any], *, batch_size: int = BATCH_SIZE
) -> Iterator[dict[str, Any]]:
    """Answers raw inputs in order, a batch at a time, reading no further ahead than a batch."""
    source = iter(raw)
    remark = getattr(answerer, "remark", None)  # a run knows more than a served model
    while batch := list(islice(source, batch_size)):
        answers: list[dict[str, Any]] = []
        items = []
        for one in batch:
            try:
                items.append(app.parse(one))
                answers.append({})
            except DataError as error:
                answers.append({"error": str(error)})
        if items:
            found = app.results(items, answerer.outputs(items))
            results = iter(found if remark is None else map(remark, found))
            answers = [answer or next(results) for answer in answers]
        yield from answers


def open_answerer(app: App, model: str) -> Answerer:
    """Opens a run folder, a SavedModel folder, or the `http://` address of a served model.

    Raises:
        UserError: nothing usable is there, or it belongs to another app.
    """
    from shared.bundle import load, saved_model_dir

    if model.startswith(("http://", "https://")):
        return ServedModel(app, model)
    path = saved_model_dir(Path(model))
    if path is not None:
        return LoadedSavedModel(app, path)
    bundle = load(model)
    if bundle.app.name != app.name:
        raise BundleError(
            f"The run {model} belongs to {bundle.app.name}; "
            f"use: brickyard {bundle.app.name.replace('_', '-')} predict {model}"
        )
    return bundle


class LoadedSavedModel:
    """A SavedModel in this process, called through its `serving_default` signature."""

    def __init__(self, app: App, path: Path):
        load_keras()
        import tensorflow as tf

        from shared.export.lineage import read_lineage
        from shared.export.ops import read_saved_model, used_ops

        owner = read_lineage(path)["app"]
        if owner != app.name:
            raise UserError(f"The SavedModel {path} belongs to {owner}, not to {app.name}.")
        try:
            if not all(hasattr(tf.raw_ops, op) for op in used_ops(read_saved_model(path))):
                # Servers have the operations of tensorflow-text built in; Python imports them.
                import_extra("tensorflow_text", extra="text")
            self._module = tf.saved_model.load(str(path))  # must outlive its signatures
        except (OSError, ValueError, tf.errors.OpError) as error:
            raise UserError(
                f"The SavedModel {path} cannot be loaded ({str(error).splitlines()[0]}); "
                "check it with: brickyard verify, or export it again."
            ) from None
        self._app = app
        self._serve = self._module.signatures["serving_default"]

    def outputs(self, items: Sequence[Any]) -> "dict[str, np.ndarray]":
        """Returns the arrays of `serving_default`, one row an item."""
        import tensorflow as tf

        inputs = {k: tf.constant(v) for k, v in self._app.requests(items).items()}
        return {name: value.numpy() for name, value in self._serve(**inputs).items()}


class ServedModel:
    """A model behind the REST interface of TensorFlow Serving."""

    def __init__(self, app: App, url: str):
        self._app = app
        self._url = url

    def outputs(self, items: Sequence[Any]) -> "dict[str, np.ndarray]":
        """Returns the arrays of `serving_default`, one row an item."""
        import numpy as np

        from shared.serving.client import predict as request

        # Strings travel as bytes both ways, so that the three answerers agree.
        inputs = {name: array.tolist() for name, array in self._app.requests(items).items()}
        outputs = {name: np.array(value) for name, value in request(self._url, inputs).items()}
        return {
            name: np.strings.encode(array, "utf-8").astype(object)
            if array.dtype.kind == "U"
            else array
            for name, array in outputs.items()
        }
