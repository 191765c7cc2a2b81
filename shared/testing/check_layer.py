"""One set of checks for every layer, for whoever adds one.

A test writes a `LayerCase` (how the layer is made, and one call) and hands it to `check_layer`,
and all cases together to `compare_backends`.
"""

import inspect
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras
import numpy as np

from shared.testing.layer_case import (
    LayerCase,
    LayerCheckError,
    call_layer,
    largest_difference,
    randomise_weights,
    reload_layer,
    serialise_layer,
    to_arrays,
)
from shared.testing.layer_gradients import compute_gradients

_TOLERANCES = {"float16": 2e-2, "mixed_bfloat16": 8e-2}


def check_layer(case: LayerCase) -> None:
    """Runs every check of this module that needs one backend only.

    The checks: configuration through JSON, weights and equal output after a reload, shapes of
    symbolic calls, masks by perturbation, gradients, float16 and bfloat16.

    Raises:
        LayerCheckError: a check failed.
    """
    for check in CHECKS:
        check(case)


def check_config(case: LayerCase) -> None:
    """The configuration survives JSON and names every argument of the constructor."""
    layer = case.make()
    if keras.saving.get_registered_name(case.cls) == case.cls.__name__:
        raise case.error("config", "the class is not registered")
    config = layer.get_config()
    for name, parameter in inspect.signature(case.cls.__init__).parameters.items():
        named = parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if named and name != "self" and name not in config:
            raise case.error("config", f"get_config has no {name!r}")
    for name, value in case.init.items():
        if _plain(config[name]) != _plain(value):
            raise case.error("config", f"{name} was {value!r} and became {config[name]!r}")
    if serialise_layer(reload_layer(layer)) != serialise_layer(layer):
        raise case.error("config", "a reloaded layer has another configuration")


def check_reload(case: LayerCase) -> None:
    """A layer rebuilt from its configuration has the same weights by path, and equal output."""
    layer, copy = case.make(), reload_layer(case.make())
    call_layer(layer, case.inputs)
    call_layer(copy, case.inputs)
    paths = [weight.path for weight in layer.weights]
    if len(set(paths)) != len(paths):
        raise case.error("reload", f"two weights share one path: {paths}")
    if paths != [weight.path for weight in copy.weights]:
        raise case.error("reload", "paths of weights change from one instance to the next")
    randomise_weights(layer)
    by_path = {weight.path: weight for weight in layer.weights}
    for weight in copy.weights:
        weight.assign(by_path[weight.path])
    gap = largest_difference(call_layer(layer, case.inputs), call_layer(copy, case.inputs))
    if gap > 1e-6:
        raise case.error("reload", f"output differs by {gap:.1e} with the same weights")


def check_shapes(case: LayerCase) -> None:
    """A symbolic call, without and with a known batch, promises what an eager one returns."""
    eager = _specifications(call_layer(case.make(), case.inputs))
    for batch in (False, True):
        promised = _specifications(case.make()(**_symbolic(case.inputs, batch=batch)))
        expected = eager if batch else [((None, *shape[1:]), dtype) for shape, dtype in eager]
        if promised != expected:
            raise case.error("shapes", f"promised {promised}, returned {expected}")


def check_masks(case: LayerCase) -> None:
    """Masked values change nothing, real ones something; no mask is a mask of true."""
    forgotten = [name for name in case.inputs if name.endswith("mask") and name not in case.masks]
    if forgotten:
        raise case.error("masks", f"the case does not say what {forgotten} masks")
    layer = case.make()
    call_layer(layer, case.inputs)
    randomise_weights(layer)
    before = call_layer(layer, case.inputs)
    for name, masked in case.masks.items():
        mask = np.asarray(case.inputs[name], bool)
        if mask.all() or not mask.any():
            raise case.error("masks", f"{name} of the case must hold both true and false")
        hidden = call_layer(layer, _perturbed(case.inputs, masked, where=~mask))
        region = mask if case.free_where_masked else None
        if largest_difference(before, hidden, region=region) > 0.0:
            raise case.error("masks", f"values that {name} hides change the output")
        for argument in masked:
            shown = call_layer(layer, _perturbed(case.inputs, [argument], where=mask))
            if largest_difference(before, shown) == 0.0:
                raise case.error("masks", f"real values of {argument} change nothing")
        if inspect.signature(case.cls.call).parameters[name].default is None:
            everything = call_layer(layer, {**case.inputs, name: np.ones_like(mask)})
            nothing = call_layer(layer, {k: v for k, v in case.inputs.items() if k != name})
            if largest_difference(everything, nothing) > 1e-6:
                raise case.error("masks", f"no {name} is not the same as a {name} of true")


def check_gradients(case: LayerCase) -> None:
    """Every trainable weight gets a gradient that is finite and not all zero.

    The gradient of every float input must be finite too; both also where all is masked.
    """
    gradients = compute_gradients(case, case.inputs)
    for name, gradient in gradients.items():
        if not np.isfinite(gradient).all():
            raise case.error("gradients", f"the gradient of {name} is not finite")
        if not gradient.any() and not name.startswith("inputs."):
            raise case.error("gradients", f"no gradient reaches {name}")
    if case.masks:
        for name, gradient in compute_gradients(case, _all_masked(case)).items():
            if not np.isfinite(gradient).all():
                raise case.error(
                    "gradients", f"the gradient of {name} is not finite when all is masked"
                )


def check_precision(case: LayerCase) -> None:
    """In float16 and bfloat16: the right dtype, finite also where all is masked, and close."""
    layer = case.make(dtype="float32")
    call_layer(layer, case.inputs)
    randomise_weights(layer)
    exact = [np.asarray(x, "float32") for x in to_arrays(call_layer(layer, case.inputs))]
    for policy, tolerance in _TOLERANCES.items():
        low = case.make(dtype=policy)
        call_layer(low, case.inputs)
        low.set_weights(to_arrays(layer.weights))
        outputs = call_layer(low, case.inputs)
        expected = case.output_dtype or low.compute_dtype
        for output, reference in zip(keras.tree.flatten(outputs), exact, strict=True):
            dtype = keras.backend.standardize_dtype(output.dtype)
            if dtype != expected and dtype not in ("bool", "int32", "int64"):
                raise case.error("precision", f"{policy} returned {dtype}, not {expected}")
            value = to_arrays(output)[0]
            if not np.isfinite(value).all():
                raise case.error("precision", f"{policy} output is not finite")
            scale = max(1.0, float(np.abs(reference).max(initial=0.0)))
            if largest_difference([reference], [value]) > tolerance * scale:
                raise case.error("precision", f"{policy} is far from float32")
        if case.masks:
            for value in to_arrays(call_layer(low, _all_masked(case))):
                if not np.isfinite(value).all():
                    raise case.error("precision", f"{policy} is not finite when all is masked")


CHECKS: tuple[Callable[[LayerCase], None], ...] = (
    check_config,
    check_reload,
    check_shapes,
    check_masks,
    check_gradients,
    check_precision,
)


def _plain(value: Any) -> Any:
    return json.loads(json.dumps(keras.saving.serialize_keras_object(value)))


def _specifications(outputs: Any) -> list[tuple[tuple[int | None, ...], str]]:
    return [
        (tuple(x.shape), keras.backend.standardize_dtype(x.dtype))
        for x in keras.tree.flatten(outputs)
    ]


def _symbolic(inputs: Mapping[str, Any], batch: bool) -> dict[str, Any]:
    def tensor(array: Any) -> keras.KerasTensor:
        shape = array.shape if batch else (None, *array.shape[1:])
        return keras.KerasTensor(shape, dtype=keras.backend.standardize_dtype(array.dtype))

    return keras.tree.map_structure(tensor, dict(inputs))


def _perturbed(
    inputs: Mapping[str, Any], arguments: Sequence[str], *, where: np.ndarray
) -> dict[str, Any]:
    changed = dict(inputs)
    random = np.random.default_rng(1)
    for argument in arguments:
        array = np.array(inputs[argument])
        if array.shape[: where.ndim] != where.shape:
            raise LayerCheckError(
                f"a mask of shape {where.shape} cannot mask {argument} of shape {array.shape}"
            )
        if array.dtype.kind == "f":
            other = array + random.normal(0.0, 3.0, array.shape).astype(array.dtype)
        else:
            # Another value that occurs, so ids stay inside their table.
            other = array.max() + array.min() - array
        array[where] = other[where]
        changed[argument] = array
    return changed


def _all_masked(case: LayerCase) -> dict[str, Any]:
    nothing = {name: np.zeros_like(case.inputs[name]) for name in case.masks}
    return {**case.inputs, **nothing}
