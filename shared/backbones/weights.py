"""A file of weights into a network of `keras.applications`, all of them or none.

`shared.backbones.build` calls it. Keras' own loading stops at the first mismatch and names a layer
that the user never wrote; here all of them are told, under the names that stand in the file.
"""

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from shared.errors import BundleError

_SHOWN = 3
_SEEDS = "seed_generator"


def load_weights(model: keras.Model, path: Path, *, spare: Iterable[str] = ()) -> None:
    """Loads the weights that `save_weights` of Keras wrote.

    Args:
        model: of layers that hold their variables themselves, as those of `keras.applications` do.
        path: a `.weights.h5` file.
        spare: names in the file that may be left over, such as those of a classifier on top.

    Raises:
        BundleError: the file cannot be read, has no classifier where the model has one, or is of
            another network: all that is missing, unexpected or of another shape, counted, and
            the first few named.
    """
    held = _read(path)
    wanted = variable_names(model)
    missing = [name for name in wanted if name not in held]
    unexpected = sorted(held.keys() - wanted.keys() - set(spare))
    shapes = [
        f"{name} {held[name].shape} for {tuple(variable.shape)}"
        for name, variable in wanted.items()
        if name in held and held[name].shape != tuple(variable.shape)
    ]
    problems = [
        _listed(kind, names)
        for kind, names in (
            ("missing", missing),
            ("unexpected", unexpected),
            ("of another shape", shapes),
        )
        if names
    ]
    if missing == list(wanted)[-len(missing) :] and not unexpected and not shapes:
        raise BundleError(
            f"Expected the weights of {model.name} with its classifier in {path}, received those "
            f"without it: {problems[0]}; give the file that was saved with its top."
        )
    if problems:
        raise BundleError(
            f"Expected the weights of {model.name} in {path}, received those of another network: "
            f"{'; '.join(problems)}; give the network that the file was saved from."
        )
    for name, variable in wanted.items():
        variable.assign(held[name])
    for layer in model.layers:
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()


def variable_names(model: keras.Model) -> dict[str, Any]:
    """Returns the variables of a network under their names in a file of Keras.

    A layer is called after its class, and numbered among those of its class.
    """
    counts: dict[str, int] = {}
    names = {}
    for layer in model.layers:
        kind = _snake(type(layer).__name__)
        number = counts.get(kind, 0)
        counts[kind] = number + 1
        place = f"layers/{kind}_{number}" if number else f"layers/{kind}"
        own = [one for one in layer.variables if _SEEDS not in one.path]
        # Those that are trained first, as the layer itself keeps them, whether it is frozen or not.
        names.update({f"{place}/vars/{i}": one for i, one in enumerate(own)})
    return names


def _snake(name: str) -> str:
    """Returns the name of a class as Keras writes it in a file: conv2d, batch_normalization."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()


def _read(path: Path) -> dict[str, np.ndarray]:
    """Returns the arrays of a file by name."""
    import h5py

    if not path.is_file():
        raise BundleError(f"Expected a file of weights at {path}, found none; check the path.")
    held: dict[str, np.ndarray] = {}

    def keep(name: str, item: Any) -> None:
        # An array whose numbers stand in another file is none that `save_weights` wrote.
        if isinstance(item, h5py.Dataset) and not item.external and not item.is_virtual:
            if _SEEDS not in name:
                held[name] = item[()]

    try:
        with h5py.File(path, "r") as file:
            file.visititems(keep)
    except (OSError, RuntimeError, ValueError, KeyError) as error:
        raise BundleError(
            f"Expected a .weights.h5 file of Keras at {path}, received one that cannot be read "
            f"({str(error)[:80]}); save or copy it again."
        ) from None
    if not any(name.startswith("layers/") for name in held):
        raise BundleError(
            f"Expected {path} to be written by save_weights of Keras 3, received another kind of "
            "file; load it with Keras and save it anew."
        )
    return held


def _listed(kind: str, names: list[str]) -> str:
    more = ", ..." if len(names) > _SHOWN else ""
    return f"{len(names)} {kind} ({', '.join(names[:_SHOWN])}{more})"
