"""Builds the requests and the right answers that travel inside an export.

The answers of `serving_default` come from the app's Python path, which is the one that was
evaluated; so the exported graph is compared with the model whose score is on the card. They are
stored in the export, so that `verify` needs nothing but the folder, later and elsewhere.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from shared.errors import OperationError
from shared.export.native import Case, as_bytes
from shared.export.served import (
    CORE_ALIAS,
    DEFAULT_SIGNATURE,
    Interface,
    Served,
    Spec,
    call,
)

FILE_NAME = "brickyard_examples.npz"


def build_cases(bundle: Any, served: Served, *, interfaces: Mapping[str, Interface]) -> list[Case]:
    """Returns requests to every signature, and to the core, with their answers.

    Each signature is asked for every example alone and for all of them at once.

    Args:
        bundle: a loaded run; its app gives the examples, requests and answers.
        served: the functions to be exported.
        interfaces: what each signature takes and gives.

    Raises:
        OperationError: the app's answers do not fit its signatures.
    """
    items = list(bundle.app.examples(bundle))
    if not items:
        raise OperationError(f"the app {bundle.app.name!r} gave no examples to verify with")
    groups: list[tuple[int | None, list[Any]]] = [(None, items)]
    groups += [(row, [item]) for row, item in enumerate(items)]
    cases = []
    for row, group in groups:
        inputs, outputs = bundle.app.requests(group), bundle.app.infer(bundle, group)
        face = interfaces[DEFAULT_SIGNATURE]
        cases.append(
            Case(
                DEFAULT_SIGNATURE,
                _conform(inputs, face.inputs, where=f"{DEFAULT_SIGNATURE} inputs"),
                _conform(outputs, face.outputs, where=f"{DEFAULT_SIGNATURE} outputs"),
                row,
            )
        )
    for name in sorted(set(interfaces) - {DEFAULT_SIGNATURE}):
        cases += _other_cases(name, served, interfaces=interfaces, known=cases)
    core_outputs = call(served.core, served.core_example)
    return [*cases, Case(CORE_ALIAS, dict(served.core_example), core_outputs)]


def _other_cases(
    name: str, served: Served, *, interfaces: Mapping[str, Interface], known: list[Case]
) -> list[Case]:
    """Returns the cases of a further signature; TensorFlow itself gives the answers."""
    takes = interfaces[name].inputs
    requests: dict[int | None, Mapping[str, np.ndarray]] = {}
    if name in served.examples:
        whole = _conform(served.examples[name], takes, where=f"examples of {name}")
        count = len(next(iter(whole.values())))
        requests[None] = whole
        for row in range(count):
            requests[row] = {key: array[row : row + 1] for key, array in whole.items()}
    else:
        default = {case.row: case.inputs for case in known if case.signature == DEFAULT_SIGNATURE}
        if not set(takes) <= set(default[None]):
            raise OperationError(
                f"the signature {name!r} takes {sorted(takes)}, serving_default "
                f"{sorted(default[None])}; give inputs for it in Served.examples"
            )
        requests = {row: {key: inputs[key] for key in takes} for row, inputs in default.items()}
    return [
        Case(name, inputs, call(served.signatures[name], inputs), row)
        for row, inputs in requests.items()
    ]


def _conform(
    arrays: Mapping[str, Any], specs: Mapping[str, Spec], *, where: str
) -> dict[str, np.ndarray]:
    """Returns arrays in the dtypes of a signature, in its order."""
    if set(arrays) != set(specs):
        raise OperationError(f"{where}: the app gave {sorted(arrays)}, expected {sorted(specs)}")
    conformed = {}
    for name, spec in specs.items():
        array = np.asarray(arrays[name])
        try:
            if spec.dtype == "string":
                conformed[name] = as_bytes(array)
            else:
                conformed[name] = array.astype(spec.dtype, casting="same_kind")
        except TypeError:
            raise OperationError(
                f"{where}: {name!r} is {array.dtype}, expected {spec.dtype}"
            ) from None
        if spec.shape is not None and array.ndim != len(spec.shape):
            raise OperationError(f"{where}: {name!r} has shape {array.shape}, expected {spec}")
    return conformed
