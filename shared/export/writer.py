"""Writes a trained run as a SavedModel that a stock TensorFlow Serving answers from.

`brickyard APP export RUN` calls `export`. Everything is checked before it is written, written
beside the versions, verified in a fresh process, and only then renamed to the next version: a
server that watches the folder sees a whole and proven model or none.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.trackable.resource import CapturableResource

from shared.errors import OperationError, UserError
from shared.export import cases as stored
from shared.export.card import card
from shared.export.lineage import (
    EXTRA,
    Record,
    digests,
    read_record,
    versions_of,
    write_record,
)
from shared.export.native import Case, write_cases
from shared.export.served import (
    CORE_ALIAS,
    DEFAULT_SIGNATURE,
    Interface,
    Served,
    check_served,
)
from shared.export.staging import publish, publishing, remove_version, staging
from shared.export.verify import VerificationFailed, inspect
from shared.export.warmup import write_warmup
from shared.files import sha256, write_json, write_text
from shared.serving.client import encode

REQUEST_FILE = "request.json"
_MODEL_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_PACKAGES = ("tensorflow", "keras", "tensorflow-text", "numpy")


def export(bundle: Any, to: Path, *, name: str | None = None, keep: int | None = None) -> Path:
    """Exports a run as the next version of a model.

    Args:
        bundle: a loaded run (`shared.bundle.load`).
        to: the folder of all models; the version is written to `to/name/<n>`.
        name: the name of the model, the app's name by default.
        keep: how many versions of the model stay, the new one among them; None keeps all.

    Returns:
        The folder of the new version.

    Raises:
        UserError: the name is taken by another lineage of runs, or an argument is impossible.
        OperationError: the model cannot be served, the disk is full, or the verification
            failed; nothing was left behind.
    """
    name = bundle.app.name if name is None else name
    _check_arguments(name, keep)
    base = Path(to).resolve() / name
    refuse_other_lineage(bundle, base)
    served = bundle.app.signatures(bundle)
    interfaces = check_served(served)
    cases = stored.build_cases(bundle, served, interfaces=interfaces)
    with _clear_failures(base), staging(base) as folder:
        _save(served, folder)
        _write_extras(bundle, folder, base=base, cases=cases, interfaces=interfaces)
        report = inspect(folder)
        if report.problems:
            raise VerificationFailed(report)
        with publishing(base):
            # Another exporter may have published since the first look.
            refuse_other_lineage(bundle, base)
            target = publish(folder, base)
            if keep is not None:
                _remove_older(base, keep=keep, lineage=str(bundle.manifest["lineage"]))
    return target


def _save(served: Served, folder: Path) -> None:
    """Writes the SavedModel itself."""
    options = tf.saved_model.SaveOptions(
        function_aliases={CORE_ALIAS: served.core},
        # Gradients are for training, which the run is for.
        experimental_custom_gradients=False,
    )
    try:
        tf.saved_model.save(
            saved_root(served), str(folder), signatures=dict(served.signatures), options=options
        )
    except AssertionError as error:  # TensorFlow's way to report a table nobody owns
        raise OperationError(
            "a table or asset of the signatures is no attribute of Served.module nor of a module "
            f"in it, so it cannot be saved: {' '.join(str(error).split())[:300]}"
        ) from error


def saved_root(served: Served) -> tf.Module:
    """Returns the object that is saved: the core, its variables, and the tables and assets.

    The app's module is not saved itself. A Keras model among its attributes would be tracked by
    the variables Keras wraps, while the graph reads the wrapped ones: the checkpoint restores
    copies, and the C++ runtime finds the graph's own variables missing.
    """
    root = tf.Module()
    root.core = served.core
    functions = [*served.signatures.values(), served.core]
    variables = [
        variable
        for function in functions
        for variable in function.get_concrete_function().variables
    ]
    root.weights = list({id(variable): variable for variable in variables}.values())
    root.resources = list(
        served.module._flatten(predicate=lambda value: isinstance(value, CapturableResource))
    )
    return root


def _check_arguments(name: str, keep: int | None) -> None:
    if not _MODEL_NAME.fullmatch(name):
        raise UserError(
            f"Expected a model name of letters, digits, '_', '-' and '.', received {name!r}."
        )
    if keep is not None and keep < 1:
        raise UserError(f"Expected --keep to be at least 1, received {keep}.")
    keras = sys.modules.get("keras")
    if keras is not None and keras.config.backend() != "tensorflow":
        raise UserError(
            f"Expected Keras to run on TensorFlow for an export, received the backend "
            f"{keras.config.backend()!r}; set KERAS_BACKEND=tensorflow, the weights are the same."
        )


def refuse_other_lineage(bundle: Any, base: Path) -> None:
    """Refuses a base path that holds versions of another app or of an unrelated run.

    Clients of a model follow its versions; another model under the same name would answer them.

    Raises:
        UserError: names the version found and says to choose another name.
    """
    app, lineage = bundle.app.name, str(bundle.manifest["lineage"])
    for folder in versions_of(base).values():
        record = read_record(folder)
        if record is None:
            whose = "a model that another tool wrote"
        elif record.app != app:
            whose = f"a model of the app {record.app!r}"
        elif record.lineage != lineage:
            whose = f"the run {record.run!r}, which this run did not go on from"
        else:
            continue
        raise UserError(
            f"Expected {base} to be free or to hold versions of this run's lineage, found "
            f"{whose} in {folder}; choose another name with --name."
        )


@contextmanager
def _clear_failures(base: Path) -> Iterator[None]:
    """Turns what the disk or TensorFlow's writer raise into one sentence."""
    try:
        yield
    except (OSError, tf.errors.OpError) as error:
        reason = error.message if isinstance(error, tf.errors.OpError) else str(error)
        raise OperationError(
            f"the export to {base} failed: {reason}; nothing was left there, make room or choose "
            "another folder with --to"
        ) from error


def _write_extras(
    bundle: Any,
    folder: Path,
    *,
    base: Path,
    cases: list[Case],
    interfaces: Mapping[str, Interface],
) -> None:
    """Writes examples, warm-up records, a request, the card and, last, the record."""
    extra = folder / EXTRA
    extra.mkdir(exist_ok=True)
    write_cases(extra / stored.FILE_NAME, cases)
    requests = [case for case in cases if case.signature != CORE_ALIAS]
    write_warmup(extra, requests, model=base.name)
    write_json(extra / REQUEST_FILE, {"instances": _rows(requests)})
    signatures = {
        name: {
            kind: {
                tensor: {"dtype": spec.dtype, "shape": list(spec.shape or ())}
                for tensor, spec in getattr(face, kind).items()
            }
            for kind in ("inputs", "outputs")
        }
        for name, face in interfaces.items()
    }
    record = Record(
        app=bundle.app.name,
        name=base.name,
        run=str(bundle.manifest["run"]),
        lineage=str(bundle.manifest["lineage"]),
        signatures=signatures,
        sample_sha256=sha256(extra / stored.FILE_NAME),
        versions=_versions(),
        files={},
        exported=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    request = (extra / REQUEST_FILE).read_text(encoding="utf-8")
    write_text(
        extra / "README.md",
        card(record, folder, base=base, manifest=bundle.manifest, request=request),
    )
    write_record(folder, Record(**{**vars(record), "files": digests(folder)}))


def _rows(cases: list[Case]) -> list[dict[str, Any]]:
    """Returns the first example as the row form of the REST interface takes it."""
    first = next(case for case in cases if (case.signature, case.row) == (DEFAULT_SIGNATURE, 0))
    columns = {name: _texts(array) for name, array in first.inputs.items()}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _texts(array: np.ndarray) -> Any:
    """Returns nested lists in which bytes that are UTF-8 are strings and others are encoded."""

    def text(value: Any) -> Any:
        if isinstance(value, list):
            return [text(item) for item in value]
        if isinstance(value, bytes):
            try:
                return value.decode()
            except UnicodeDecodeError:
                return encode(value)
        return value

    return text(array.tolist())


def _versions() -> dict[str, str]:
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _remove_older(base: Path, *, keep: int, lineage: str) -> None:
    """Removes the oldest versions of a lineage until `keep` are left."""
    own = []
    for folder in versions_of(base).values():
        record = read_record(folder)
        if record is not None and record.lineage == lineage:
            own.append(folder)
    for folder in own[:-keep]:
        try:
            remove_version(folder)
        except OSError as error:
            raise OperationError(
                f"the new version in {base} is complete, but the older one {folder.name} could "
                f"not be removed: {error}; remove it by hand"
            ) from error
