"""Says before the server does which parts of a SavedModel a stock server cannot run.

TensorFlow Serving links the core ops and tensorflow-text, starts with XLA compilation off, and
has no Python. A model that needs more exports without a warning and fails on the first request,
which is why `shared.export.verify` reads the op list of every export here.
"""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from google.protobuf.message import DecodeError
from tensorflow.core.framework import node_def_pb2
from tensorflow.core.protobuf import saved_model_pb2

from shared.errors import OperationError

_PYTHON_OPS = ("PyFunc", "PyFuncStateless", "EagerPyFunc")


def read_saved_model(folder: Path) -> saved_model_pb2.SavedModel:
    """Reads saved_model.pb.

    Raises:
        OperationError: it is missing, truncated or something else.
    """
    try:
        model = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    except (OSError, DecodeError) as error:
        raise OperationError(f"saved_model.pb cannot be read: {error}") from None
    if not model.meta_graphs:
        raise OperationError("saved_model.pb holds no graph: it is truncated or of another kind")
    return model


def _nodes(
    model: saved_model_pb2.SavedModel,
) -> Iterable[tuple[str, node_def_pb2.NodeDef]]:
    """Yields (function name, node) of every graph and of every function beside it."""
    for meta_graph in model.meta_graphs:
        for node in meta_graph.graph_def.node:
            yield "the graph", node
        for function in meta_graph.graph_def.library.function:
            for node in function.node_def:
                yield function.signature.name, node


def used_ops(model: saved_model_pb2.SavedModel) -> dict[str, str]:
    """Returns every op of a SavedModel, with one place where it stands.

    Calls of the model's own functions are not ops; a function called by its name as an op is
    looked through, since its body is listed too.
    """
    own = {
        function.signature.name
        for meta_graph in model.meta_graphs
        for function in meta_graph.graph_def.library.function
    }
    places: dict[str, str] = {}
    for place, node in _nodes(model):
        if node.op not in own:
            places.setdefault(node.op, f"{node.name} in {place}")
    return dict(sorted(places.items()))


def compiled_functions(model: saved_model_pb2.SavedModel) -> list[str]:
    """Returns the functions that were made with `jit_compile=True`."""
    found = {
        function.signature.name
        for meta_graph in model.meta_graphs
        for function in meta_graph.graph_def.library.function
        if function.attr["_XlaMustCompile"].b
    }
    found |= {
        node.attr["f"].func.name or node.name
        for _, node in _nodes(model)
        if "_XlaMustCompile" in node.attr and node.attr["_XlaMustCompile"].b
    }
    return sorted(found)


def _complaint(op: str, core: Collection[str], text: Collection[str]) -> str | None:
    """Returns why a stock server cannot run an op, and the way out; None when it can."""
    if op in _PYTHON_OPS:
        return (
            "calls Python, which a server does not have; write the step with TensorFlow ops "
            "instead of tf.py_function or tf.numpy_function"
        )
    if op.startswith("Cudnn"):
        return (
            "runs on NVIDIA GPUs only; build the recurrent layers with use_cudnn=False or export "
            "on a machine without a GPU"
        )
    if op == "XlaCallModule":
        return (
            "holds a program for XLA, which a stock server keeps switched off; export from the "
            "TensorFlow backend, not from JAX"
        )
    if op.startswith("Xla"):
        return "needs XLA, which a stock server keeps switched off; leave jit_compile off"
    if op in core or op in text:
        return None
    hint = "" if text else " (tensorflow-text is not installed here, so its ops are unknown too)"
    return (
        f"is neither a core op nor one of tensorflow-text{hint}; a stock server cannot load it: "
        "write the step with core ops"
    )


def op_problems(
    model: saved_model_pb2.SavedModel, *, core: Collection[str], text: Mapping[str, str]
) -> list[str]:
    """Returns what a stock server refuses in a model; empty when nothing.

    Args:
        model: what `read_saved_model` gave.
        core: names of the core ops.
        text: library of each tensorflow-text op.
    """
    problems = []
    for op, place in used_ops(model).items():
        complaint = _complaint(op, core, text)
        if complaint is not None:
            problems.append(f"op {op} ({place}) {complaint}")
    problems += [
        f"function {name} was made with jit_compile=True, which a stock server refuses to "
        "compile; leave it off, `verify --accelerator` compiles the core by itself"
        for name in compiled_functions(model)
    ]
    return problems
