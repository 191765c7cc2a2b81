"""Weights as named arrays in one file, restored strictly.

`fit` writes `weights/best.npz` and `weights/last.npz` through here, and `shared.bundle` reads
them back. A restore that left one layer with its random initial values would still answer, and
answer nonsense; so either every weight is restored, or none is and the error lists them all.
"""

from collections.abc import Mapping
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


def named_weights(model: keras.Model) -> dict[str, keras.Variable]:
    """Returns all weights of a model, trainable or not, by their paths inside of it.

    Raises:
        ValueError: two weights have one path.

    Example:
    >>> model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="hidden")])
    >>> list(named_weights(model))
    ['hidden/kernel', 'hidden/bias']
    """
    weights: dict[str, keras.Variable] = {}
    for variable in model.weights:
        # Keras numbers the models of a process, so the model's own name says nothing.
        path = variable.path.removeprefix(f"{model.name}/")
        if path in weights:
            raise ValueError(
                f"Expected a path of its own for each weight, received {path!r} twice; "
                "give the layers different names."
            )
        weights[path] = variable
    return weights


def save_weights(
    model: keras.Model, path: Path, *, averages: Mapping[int, keras.Variable] | None = None
) -> None:
    """Writes all weights of a model, trainable or not, into one `.npz` file.

    Args:
        model: a built model.
        path: of the file.
        averages: what is written in the place of some weights, by the `id` of the weight; see
            `shared.training.moving_average`.
    """
    kept = averages or {}
    weights = named_weights(model)
    write_arrays(path, {name: to_array(kept.get(id(one), one)) for name, one in weights.items()})


def restore_weights(model: keras.Model, path: Path) -> None:
    """Restores all weights of a built model, or none.

    Args:
        model: a built model whose layers have the names they had when the file was written.
        path: a file written by `save_weights`.

    Raises:
        BundleError: the file is missing or damaged, or its names or shapes differ from the
            model's; the message lists every difference.
    """
    arrays, weights = read_arrays(path), named_weights(model)
    problems = differences(
        {name: tuple(weight.shape) for name, weight in weights.items()},
        {name: array.shape for name, array in arrays.items()},
    )
    if problems:
        raise BundleError(
            f"Expected the weights of this model in {path}, received: {'; '.join(problems)}; "
            "use the configuration with which the weights were trained."
        )
    for name, weight in weights.items():
        weight.assign(arrays[name])


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
