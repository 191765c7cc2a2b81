"""How a layer is described and run; `check_layer` and `compare_backends` share it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import keras
import numpy as np


class LayerCheckError(AssertionError):
    """A layer failed a check; the message names the layer, the check and what was seen."""


@dataclass(frozen=True, kw_only=True)
class LayerCase:
    """How a layer is made, and one call that shows what it does.

    Args:
        cls: the registered layer (or model) class.
        init: its constructor's arguments; use values that differ from the defaults.
        inputs: call argument -> numpy array, or a nested structure of arrays; the first axis is
            the batch. A mask must hold both true and false.
        masks: mask argument -> the arguments it masks. The mask's axes must be the leading axes
            of those. Every argument whose name ends with "mask" must be here.
        free_where_masked: whether output *at* masked places may be anything. Only for layers
            whose outputs keep the mask's axes. Default false: masked input reaches no output.
        output_dtype: float dtype of the outputs. Default: the layer's compute dtype.
    """

    cls: type[Any]
    init: Mapping[str, Any]
    inputs: Mapping[str, Any]
    masks: Mapping[str, Sequence[str]] = field(default_factory=dict)
    free_where_masked: bool = False
    output_dtype: str | None = None

    @property
    def name(self) -> str:
        """Name of the class, for messages and test ids."""
        return self.cls.__name__

    def make(self, **kwargs: Any) -> Any:
        """Returns a new layer, with further constructor arguments."""
        return self.cls(**{"name": "checked", **self.init, **kwargs})

    def error(self, check: str, what: str) -> LayerCheckError:
        """Returns the error of a failed check."""
        return LayerCheckError(f"{self.name}: {check}: {what}")


def serialise_layer(layer: Any) -> dict[str, Any]:
    """Returns the layer's configuration as it comes back from JSON."""
    return json.loads(json.dumps(keras.saving.serialize_keras_object(layer)))


def reload_layer(layer: Any) -> Any:
    """Returns a new layer, built from the configuration of another."""
    return keras.saving.deserialize_keras_object(serialise_layer(layer))


def call_layer(layer: Any, inputs: Mapping[str, Any]) -> Any:
    """Calls a layer on arrays by name of argument."""
    return layer(**keras.tree.map_structure(keras.ops.convert_to_tensor, dict(inputs)))


def to_arrays(values: Any) -> list[np.ndarray]:
    """Returns copies of tensors or variables as a flat list, low precision as float32."""
    arrays = []
    for value in keras.tree.flatten(values):
        # `variable.numpy()` warns on some backends: numpy cannot ask Keras for a copy.
        tensor = keras.ops.copy(value) if isinstance(value, keras.Variable) else value
        if keras.backend.standardize_dtype(tensor.dtype) in ("float16", "bfloat16"):
            # Cast before leaving the backend: numpy has no bfloat16 of its own.
            tensor = keras.ops.cast(tensor, "float32")
        arrays.append(keras.ops.convert_to_numpy(tensor))
    return arrays


def largest_difference(first: Any, second: Any, *, region: np.ndarray | None = None) -> float:
    """Returns the largest absolute difference; infinite where one is not finite.

    Args:
        first: outputs of a layer.
        second: other outputs of the same structure.
        region: bool; where true, the leading axes are compared. Default: everywhere.
    """
    largest = 0.0
    for a, b in zip(to_arrays(first), to_arrays(second), strict=True):
        if a.shape != b.shape:
            return float("inf")
        gap = np.abs(a.astype("float64") - b.astype("float64"))
        gap = gap if region is None else gap[region]
        worst = float(gap.max(initial=0.0))
        largest = max(largest, worst if np.isfinite(worst) else float("inf"))
    return largest


def randomise_weights(layer: Any) -> None:
    """Fills float weights with random numbers: zeros and ones would hide mistakes."""
    random = np.random.default_rng(0)
    for weight in layer.weights:
        if "float" in keras.backend.standardize_dtype(weight.dtype):
            weight.assign(random.normal(0.0, 0.3, weight.shape).astype("float32"))
