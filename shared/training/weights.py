"""Weights as named arrays in one file, restored strictly.

`fit` writes `weights/best.npz` and `weights/last.npz` through here, and `shared.bundle` reads
them back. A restore that left one layer with its random initial values would still answer, and
answer nonsense; so either every weight is restored, or none is and the error lists them all.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import keras
import numpy as np

from shared.errors import BundleError
from shared.files import read_arrays, write_arrays


def to_array(variable: keras.Variable) -> np.ndarray:
    """Returns the value of a variable as an array that a file can hold."""
    # asarray may look into the memory of the backend, which the next step writes over: copy.
    array = np.asarray(variable).copy()
    # numpy has no bfloat16 of its own and would store raw bytes; float32 holds it exactly.
    return array.astype(np.float32) if array.dtype.kind == "V" else array


def named_arrays(variables: Iterable[keras.Variable]) -> dict[str, np.ndarray]:
    """Returns {variable.path: value}.

    Raises:
        ValueError: two variables have one path.
    """
    arrays: dict[str, np.ndarray] = {}
    for variable in variables:
        if variable.path in arrays:
            raise ValueError(
                f"Expected a path of its own for each weight, received {variable.path!r} twice; "
                "give the layers different names."
            )
        arrays[variable.path] = to_array(variable)
    return arrays


def save_weights(model: keras.Model, path: Path) -> None:
    """Writes all weights of a model, trainable or not, into one `.npz` file."""
    write_arrays(path, named_arrays(model.weights))


def restore_weights(model: keras.Model, path: Path) -> None:
    """Restores all weights of a built model, or none.

    Args:
        model: a built model whose layers have the names they had when the file was written.
        path: a file written by `save_weights`.

    Raises:
        BundleError: the file is missing or damaged, or its names or shapes differ from the
            model's; the message lists every difference.
    """
    arrays = read_arrays(path)
    shapes = {variable.path: tuple(variable.shape) for variable in model.weights}
    problems = differences(shapes, {name: array.shape for name, array in arrays.items()})
    if problems:
        raise BundleError(
            f"Expected the weights of this model in {path}, received: {'; '.join(problems)}; "
            "use the configuration with which the weights were trained."
        )
    for variable in model.weights:
        variable.assign(arrays[variable.path])


def differences(
    expected: Mapping[str, tuple[int, ...]], received: Mapping[str, tuple[int, ...]]
) -> list[str]:
    """Lists in words how two sets of named shapes differ; an empty list means not at all.

    Example:
    >>> differences({"a": (2,), "b": (3,), "c": (1,)}, {"a": (2,), "b": (4,), "d": (1,)})
    ["missing 'c'", "unexpected 'd'", "'b' of shape (4,) instead of (3,)"]
    """
    missing = [f"missing {name!r}" for name in expected if name not in received]
    unexpected = [f"unexpected {name!r}" for name in received if name not in expected]
    misshapen = [
        f"{name!r} of shape {received[name]} instead of {shape}"
        for name, shape in expected.items()
        if name in received and received[name] != shape
    ]
    return missing + unexpected + misshapen
