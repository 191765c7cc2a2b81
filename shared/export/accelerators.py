"""Finds the numeric core of an export, and lowers it for an accelerator that is not there.

`shared.export.verify` calls this. The strings of a request are handled on the host; an
accelerator gets the core alone, which the export names by the alias `tpu_func`. Lowering it to
StableHLO is what XLA does first on a GPU or TPU, and it fails there with the same reasons.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import tensorflow as tf
from tensorflow.core.framework import types_pb2
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework.convert_to_constants import (
    convert_variables_to_constants_v2,
)

from shared.errors import OperationError, UserError
from shared.export.served import CORE_ALIAS

Accelerator = Literal["gpu", "tpu"]
_CORE_TYPES = (types_pb2.DT_FLOAT, types_pb2.DT_INT32)


@dataclass(frozen=True)
class Core:
    """Where the numeric core stands in a SavedModel.

    Args:
        function: its name in the function library.
        path: names of the attributes that lead to it from the loaded module.
    """

    function: str
    path: tuple[str, ...]


def find_core(model: saved_model_pb2.SavedModel) -> Core:
    """Returns the function with the alias `tpu_func`.

    Raises:
        OperationError: there is none, it is not the only one, no attribute leads to it, or its
            tensors are of other types than int32 and float32.
    """
    graph = model.meta_graphs[0]
    aliases = graph.meta_info_def.function_aliases
    functions = {function.signature.name: function for function in graph.graph_def.library.function}
    # The alias is also given to traces that were made while the app ran, and not saved.
    names = sorted(
        name for name, alias in aliases.items() if alias == CORE_ALIAS and name in functions
    )
    if len(names) != 1:
        raise OperationError(
            f"expected one function with the alias {CORE_ALIAS!r}, found {len(names)}; save with "
            "SaveOptions(function_aliases=...) and give the core an input_signature"
        )
    path = _path_to(names[0], graph.object_graph_def)
    if path is None:
        raise OperationError(
            f"no attribute of the saved module leads to the core {names[0]!r}; make it one"
        )
    signature = functions[names[0]].signature
    captured = len(graph.object_graph_def.concrete_functions[names[0]].bound_inputs)
    arguments = signature.input_arg[: len(signature.input_arg) - captured]
    wrong = [
        f"{argument.name} is {types_pb2.DataType.Name(argument.type)[3:].lower()}"
        for argument in [*arguments, *signature.output_arg]
        if argument.type not in _CORE_TYPES
    ]
    if wrong:
        raise OperationError(f"the core takes and gives int32 and float32: {'; '.join(wrong)}")
    return Core(names[0], path)


def _path_to(function: str, objects: Any) -> tuple[str, ...] | None:
    """Returns the shortest chain of attributes from the root of an object graph."""
    paths: dict[int, tuple[str, ...]] = {0: ()}
    waiting = [0]
    for node in waiting:
        if function in objects.nodes[node].function.concrete_functions:
            return paths[node]
        for child in objects.nodes[node].children:
            if child.node_id not in paths:
                paths[child.node_id] = (*paths[node], child.local_name)
                waiting.append(child.node_id)
    return None


def require_accelerator(accelerator: Accelerator) -> None:
    """Refuses an accelerator that this environment cannot lower for.

    Raises:
        UserError: names what to install.
    """
    if accelerator != "tpu":
        return
    try:
        version("tensorflow-tpu")
    except PackageNotFoundError:
        raise UserError(
            "Lowering for TPU needs TensorFlow's TPU build, which is not in this environment; "
            "make one for it alone: pip install tensorflow-tpu keras rich, then "
            "pip uninstall libtpu, and run verify there (no TPU is needed)."
        ) from None


def lower(
    folder: Path, core: Core, *, example: Mapping[str, np.ndarray], accelerator: Accelerator
) -> str:
    """Returns the core of an export as StableHLO text.

    Args:
        folder: the version folder.
        core: what `find_core` gave.
        example: arrays by the names of the core's inputs; their shapes are compiled for.
        accelerator: "gpu" or "tpu".

    Raises:
        OperationError: names the ops that the accelerator's compiler refuses, and why.
    """
    require_accelerator(accelerator)
    # The function holds its variables weakly: the module has to stay.
    module = tf.saved_model.load(str(folder))
    restored: Any = reduce(getattr, core.path, module)
    concrete = restored.concrete_functions[0]
    specs = tf.nest.flatten(concrete.structured_input_signature)
    # Without its variables the function has no captures, which the compiler could not place on
    # a device that is absent; a loop stays a loop, else it is lowered to ops XLA lacks.
    frozen = convert_variables_to_constants_v2(concrete, lower_control_flow=False)
    compiled = tf.function(frozen, jit_compile=True)
    tensors = [tf.constant(example[spec.name], spec.dtype) for spec in specs]
    try:
        text = compiled.experimental_get_compiler_ir(*tensors)(
            stage="stablehlo", platform_name=accelerator.upper()
        )
    except (tf.errors.OpError, ValueError, TypeError) as error:
        raise OperationError(
            f"the core cannot be compiled for {accelerator.upper()}: {_refused(str(error))}"
        ) from None
    return text if isinstance(text, str) else text.decode()


def _refused(message: str) -> str:
    """Returns the refused ops of the compiler's message, or its first lines."""
    found = re.findall(r"(\w+) \((No registered .*?)(?: for XLA_\w+)? devices", message)
    if found:
        return "; ".join(dict.fromkeys(f"op {op} has no kernel there" for op, _ in found))
    return " ".join(message.split())[:400]
