"""What an app hands over to be exported, and what a server can do with it.

`App.signatures` returns a `Served`; `shared.export.writer` checks it here before anything is
written, because a wrong dtype or an unnamed input is found much later by somebody else: the
server loads such a model and only refuses the requests.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tensorflow as tf

from shared.errors import OperationError

CORE_ALIAS = "tpu_func"
DEFAULT_SIGNATURE = "serving_default"
# half, bfloat16 and complex cannot cross the REST interface; the other types no app needs.
PUBLIC_DTYPES = ("float32", "int32", "int64", "string")
CORE_DTYPES = ("float32", "int32")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True)
class Served:
    """The functions of one model, ready to be saved.

    Args:
        module: holds the tables and assets that the functions use, as attributes of its own or
            of modules in it; variables are found by themselves.
        signatures: functions by name, "serving_default" among them. Each is a `tf.function`
            with an `input_signature` of named specs whose first axis is free, and returns a
            dict of tensors with a free first axis.
        core: the numeric part that the signatures call, int32 and float32 only, with an
            `input_signature`; an accelerator's converter finds it under the alias `tpu_func`.
        core_example: one input of the core, arrays by spec name.
        examples: inputs of those signatures that do not take the inputs of serving_default,
            by signature name.
    """

    module: tf.Module
    signatures: Mapping[str, tf.types.experimental.GenericFunction]
    core: tf.types.experimental.GenericFunction
    core_example: Mapping[str, np.ndarray]
    examples: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)


@dataclass(frozen=True)
class Spec:
    """The type of one tensor; None in the shape is a free axis."""

    dtype: str
    shape: tuple[int | None, ...] | None

    def __str__(self) -> str:
        if self.shape is None:
            return f"{self.dtype} of unknown rank"
        return f"{self.dtype} ({', '.join('?' if n is None else str(n) for n in self.shape)})"


@dataclass(frozen=True)
class Interface:
    """The tensors a function takes and gives, by name."""

    inputs: Mapping[str, Spec]
    outputs: Mapping[str, Spec]


def interface(function: tf.types.experimental.GenericFunction) -> Interface:
    """Returns what a `tf.function` with an input signature takes and gives.

    Raises:
        ValueError: it has no input signature, a ragged input, or does not return a dict.
    """
    concrete = function.get_concrete_function()
    takes = tf.nest.flatten(concrete.structured_input_signature)
    if not all(isinstance(spec, tf.TensorSpec) for spec in takes):
        raise ValueError("every input has to be a dense tensor; give ragged ones as two of them")
    gives = concrete.structured_outputs
    if not isinstance(gives, Mapping) or not gives:
        raise ValueError("it has to return a dict of tensors, by name")
    return Interface(
        {spec.name: _spec(spec) for spec in takes},
        {name: _spec(tensor) for name, tensor in gives.items()},
    )


def _spec(tensor: Any) -> Spec:
    rank = tensor.shape.rank
    return Spec(tensor.dtype.name, None if rank is None else tuple(tensor.shape.as_list()))


def call(
    function: tf.types.experimental.GenericFunction, arrays: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """Calls a `tf.function` with an input signature on arrays, by the names of its specs."""
    signature = function.get_concrete_function().structured_input_signature
    tensors = [
        tf.constant(arrays[spec.name], spec.dtype, name=spec.name)
        for spec in tf.nest.flatten(signature)
    ]
    positional, named = tf.nest.pack_sequence_as(signature, tensors)
    return {name: tensor.numpy() for name, tensor in function(*positional, **named).items()}


def check_served(served: Served) -> dict[str, Interface]:
    """Returns the interface of each signature, or refuses what a stock server cannot serve.

    Raises:
        OperationError: lists everything that is wrong.
    """
    problems, interfaces = [], {}
    if DEFAULT_SIGNATURE not in served.signatures:
        problems.append(f"there is no signature {DEFAULT_SIGNATURE!r}")
    for name, function in served.signatures.items():
        if not _NAME.fullmatch(name):
            problems.append(f"the signature name {name!r} is not made of a-z, 0-9 and _")
        try:
            interfaces[name] = interface(function)
        except (ValueError, TypeError) as error:
            problems.append(f"{name}: {error}")
            continue
        for kind in ("inputs", "outputs"):
            problems += _tensor_problems(f"{name} {kind}", getattr(interfaces[name], kind))
    problems += _core_problems(served)
    if problems:
        raise OperationError(_listed("this model cannot be exported for serving", problems))
    return interfaces


def _tensor_problems(where: str, specs: Mapping[str, Spec]) -> list[str]:
    problems = []
    for name, spec in specs.items():
        if not _NAME.fullmatch(name):
            problems.append(f"{where}: the name {name!r} is not made of a-z, 0-9 and _")
        if spec.dtype not in PUBLIC_DTYPES:
            problems.append(
                f"{where}: {name!r} is {spec.dtype}, which cannot cross the REST interface; "
                f"cast it to one of {', '.join(PUBLIC_DTYPES)}"
            )
        if not spec.shape or spec.shape[0] is not None:
            problems.append(
                f"{where}: {name!r} is {spec}; expected a known rank and a free first axis, "
                "since a server batches requests"
            )
    return problems


def _core_problems(served: Served) -> list[str]:
    try:
        core = interface(served.core)
    except (ValueError, TypeError) as error:
        return [f"core: {error}"]
    problems = [
        f"core: {name!r} is {spec.dtype}; an accelerator takes {' and '.join(CORE_DTYPES)} only"
        for name, spec in [*core.inputs.items(), *core.outputs.items()]
        if spec.dtype not in CORE_DTYPES
    ]
    if set(core.inputs) != set(served.core_example):
        problems.append(
            f"core_example holds {sorted(served.core_example)}, the core takes "
            f"{sorted(core.inputs)}"
        )
    return problems


def _listed(headline: str, problems: Sequence[str]) -> str:
    """Returns a headline and one problem a line."""
    return "\n".join([f"{headline}:", *(f"  - {problem}" for problem in problems)])
