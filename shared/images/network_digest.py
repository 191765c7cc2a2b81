"""What a network computes, in one digest: features of the same digest are the same features.

`shared.images.features` keeps what was computed under it.
"""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np


def network_digest(network: keras.Model) -> str:
    """Returns the SHA-256 of a network's layers and weights, hexadecimal.

    Neither the names of layers, which Keras counts up within a process, nor whether a layer is
    frozen is part of it.

    Args:
        network: a built model, of layers in a fixed order.
    """
    digest = hashlib.sha256()
    for layer in _layers(network):
        config = {
            key: value
            for key, value in layer.get_config().items()
            if key not in ("name", "trainable")
        }
        line = json.dumps([type(layer).__name__, config], sort_keys=True, default=_plain)
        digest.update(line.encode() + b"\n")
    for variable in network.weights:
        array = np.ascontiguousarray(variable.numpy())
        digest.update(f"{array.dtype} {array.shape}\n".encode())
        digest.update(array.data.cast("B") if array.size else b"")
    return digest.hexdigest()


def _layers(network: keras.Model) -> Iterator[Any]:
    """Yields the layers in order, those of networks within the network too."""
    for layer in network.layers:
        if isinstance(layer, keras.Model):
            yield from _layers(layer)
        else:
            yield layer


def _plain(value: Any) -> Any:
    """Returns what JSON can write of a value in a configuration, such as a dtype policy."""
    if not isinstance(value, np.ndarray):
        value = keras.saving.serialize_keras_object(value)
    return value.tolist() if isinstance(value, np.ndarray) else value
