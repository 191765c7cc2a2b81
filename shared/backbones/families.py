"""Which pretrained networks there are, and what each expects: read off `keras.applications`.

`shared.backbones.build` builds them. A network that a later Keras brings is found by itself.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any

import keras
import numpy as np

from shared.errors import ConfigError, nearest
from shared.layers.input_scaling import MODES, InputScaling

COMMON_SIZE = 224
# Those that were trained on larger images than the rest; the constructors do not tell.
SIZES = {
    "EfficientNetB1": 240,
    "EfficientNetB2": 260,
    "EfficientNetB3": 300,
    "EfficientNetB4": 380,
    "EfficientNetB5": 456,
    "EfficientNetB6": 528,
    "EfficientNetB7": 600,
    "EfficientNetV2B1": 240,
    "EfficientNetV2B2": 260,
    "EfficientNetV2B3": 300,
    "EfficientNetV2S": 384,
    "EfficientNetV2M": 480,
    "EfficientNetV2L": 480,
    "InceptionResNetV2": 299,
    "InceptionV3": 299,
    "NASNetLarge": 331,
    "Xception": 299,
}


@dataclass(frozen=True)
class Family:
    """One network of `keras.applications`.

    Args:
        name: of the constructor, as in `keras.applications.MobileNetV2`.
        constructor: builds the network.
        module: the public module with its `preprocess_input`.
        size: height and width it was trained on, in pixels.
    """

    name: str
    constructor: Callable[..., Any]
    module: ModuleType
    size: int

    @cached_property
    def mode(self) -> str:
        """How it wants its pixels scaled, a mode of `InputScaling`: found by trying each."""
        probe = np.arange(0, 240, 5, dtype=np.float32).reshape(1, 4, 4, 3)
        # Keras scales an array in place.
        wanted = self.module.preprocess_input(probe.copy())
        for mode in MODES:
            scaled = keras.ops.convert_to_numpy(InputScaling(mode)(probe))
            if np.allclose(scaled, wanted, rtol=1e-4, atol=1e-4):
                return mode
        raise ConfigError(
            f"Expected {self.name} to scale its images in one of the ways {', '.join(MODES)}, "
            "found another; use a network of another name."
        )


def families() -> dict[str, Family]:
    """Returns every network of `keras.applications` by name."""
    found = {}
    for name, constructor in inspect.getmembers(keras.applications, inspect.isfunction):
        # A few constructors stand in no public module; all were defined in one of its name.
        module = getattr(keras.applications, constructor.__module__.rpartition(".")[2])
        found[name] = Family(name, constructor, module, SIZES.get(name, COMMON_SIZE))
    return found


def find_family(name: str) -> Family:
    """Returns the network of this name, in whatever case.

    Raises:
        ConfigError: there is none; names the nearest.
    """
    known = families()
    by_lower = {one.lower(): one for one in known}
    if name.lower() not in by_lower:
        raise ConfigError(
            f"Expected a network of keras.applications, received {name!r}." + nearest(name, known)
        )
    return known[by_lower[name.lower()]]
