"""Gradients of a layer on whatever backend Keras runs; called by `check_layer`."""

import warnings
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from shared.testing.layer_case import LayerCase, call_layer, randomise_weights, to_arrays


def compute_gradients(case: LayerCase, inputs: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Returns gradients of a random projection of the outputs, on any backend.

    Keras has no gradient function, but one step of SGD with rate 1 subtracts just that.

    Args:
        case: the layer; it is run in float32 with random weights.
        inputs: call argument -> array.

    Returns:
        Gradient by path of trainable weight, and by "inputs.NAME" for each float argument.
    """
    layer = case.make(dtype="float32")
    call_layer(layer, inputs)
    randomise_weights(layer)
    probe = _Probe(layer, inputs)
    batch = len(keras.tree.flatten(dict(inputs))[0])
    probe.compile(
        optimizer=keras.optimizers.SGD(1.0),
        loss=lambda y_true, y_pred: keras.ops.mean(y_pred),
        jit_compile=False,
    )
    variables = {weight.path: weight for weight in layer.trainable_weights}
    variables |= {f"inputs.{name}": shift for name, shift in probe.shifts.items()}
    before = to_arrays(list(variables.values()))
    with warnings.catch_warnings():
        # Keras warns of weights without a gradient; the caller sees their zeros.
        warnings.simplefilter("ignore")
        probe.train_on_batch(
            keras.tree.map_structure(np.asarray, dict(inputs)), np.zeros((batch, 1), "float32")
        )
    after = to_arrays(list(variables.values()))
    return {name: old - new for name, old, new in zip(variables, before, after, strict=True)}


class _Probe(keras.Model):
    """Adds a trainable zero to each float input, and projects all outputs on random numbers."""

    def __init__(self, layer: Any, inputs: Mapping[str, Any]) -> None:
        super().__init__(name="probe", dtype="float32")
        self.layer = layer
        self.shifts = {
            name: self.add_weight(name=f"shift_{name}", shape=array.shape, initializer="zeros")
            for name, array in inputs.items()
            if isinstance(array, np.ndarray) and array.dtype.kind == "f"
        }

    def call(self, inputs: Any) -> Any:
        shifted = {
            name: value + self.shifts[name] if name in self.shifts else value
            for name, value in inputs.items()
        }
        random = np.random.default_rng(2)
        columns = []  # one an output, each (B,)
        for output in keras.tree.flatten(self.layer(**shifted)):
            if "float" in keras.backend.standardize_dtype(output.dtype):
                weights = random.normal(1.0, 1.0, output.shape[1:]).astype("float32")
                product = keras.ops.cast(output, "float32") * weights
                columns.append(keras.ops.sum(product, axis=tuple(range(1, len(output.shape)))))
        return keras.ops.stack(columns, axis=1)
