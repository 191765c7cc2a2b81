"""Settings: frozen dataclasses, and the ways they meet a preset, a file and the flags.

Every app's configuration is a frozen dataclass that extends `AppConfig`. The order of
precedence is default < preset < `--config` file < flags, wherever they stand on the line. The
flags themselves are made from the dataclass fields by tyro (see `shared.cli`); the string
under a field is its help text.
"""

import dataclasses
import json
import tomllib
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

from shared.errors import ConfigError, nearest

T = TypeVar("T")


@dataclass(frozen=True)
class TrainingConfig:
    """How a model is trained; an app's own recipe is written with these words."""

    batch_size: int = 32
    """Examples in a batch."""
    epochs: int = 10
    """Passes over the training data, at most."""
    optimizer: Literal["adam", "sgd"] = "adam"
    """The update rule."""
    beta_2: float = 0.999
    """Decay of the mean square of the gradients (adam)."""
    learning_rate: float = 1e-3
    """The highest learning rate of the schedule."""
    schedule: Literal["constant", "cosine", "inverse_sqrt", "linear"] = "constant"
    """How the learning rate falls after the warm-up."""
    warm_up_steps: int = 0
    """Updates over which the learning rate rises from 0."""
    accumulate: int = 1
    """Batches whose gradients are averaged into one update."""
    clip_norm: float | None = None
    """Largest global l2 norm of the gradients; None does not clip."""
    patience: int | None = None
    """Epochs without improvement before a stage stops; None runs them all."""
    checkpoint_seconds: float = 60.0
    """Seconds between two saved states."""
    checkpoint_steps: int | None = None
    """Batches between two saved states; None counts seconds only."""
    tensorboard: bool = False
    """Write scalars for TensorBoard into the run folder."""


@dataclass(frozen=True)
class RuntimeConfig:
    """Numbers and devices: precision, determinism, several devices or processes."""

    precision: Literal["float32", "mixed_bfloat16", "mixed_float16"] = "float32"
    """The Keras dtype policy of the layers."""
    deterministic: bool = True
    """Bit-equal runs on one machine, at some cost in speed on a GPU."""
    jit_compile: bool = False
    """Compile the training step with XLA also on TensorFlow, once for each size of a batch."""
    devices: Literal["one", "all"] = "one"
    """Train on one device of this host, or split each batch over all of them."""
    coordinator: str | None = None
    """HOST:PORT of process 0, when several processes train in step (JAX backend)."""
    processes: int = 1
    """How many processes train in step."""
    process: int = 0
    """The number of this process, from 0."""


@dataclass(frozen=True)
class AppConfig:
    """What the configuration of every app begins with."""

    data: str = "sample"
    """A file, folder or archive; `tfds:NAME`; or `sample`, the built-in data."""
    data_dir: Path | None = None
    """The folder in which TensorFlow Datasets looks for `tfds:NAME`."""
    download: bool = False
    """Allow `tfds:NAME` to be fetched when it is not in the data folder."""
    seed: int = 0
    """Decides the split, the order and the initial weights."""
    training: TrainingConfig = field(default_factory=TrainingConfig)
    runtime: RuntimeConfig = field(default_factory=RuntimeConfig)


def to_dict(config: Any) -> dict[str, Any]:
    """Turns a configuration into plain JSON values, complete and in the order of its fields."""
    return typing.cast(
        dict[str, Any], json.loads(json.dumps(dataclasses.asdict(config), default=str))
    )


def from_dict(base: T, values: Mapping[str, Any], *, origin: str) -> T:
    """Returns `base` with the given values put in, at any depth.

    Args:
        base: a dataclass instance: the defaults, or a preset.
        values: nested mapping from field names to JSON or TOML values.
        origin: where the values come from; named in the error.

    Raises:
        ConfigError: unknown names (with the nearest known one) and wrong types, all at once.

    Example:
    >>> from_dict(TrainingConfig(), {"batch_size": 8}, origin="my.json").batch_size
    8
    """
    problems: list[str] = []
    result = _replaced(base, values, "", problems)
    if problems:
        raise ConfigError(f"In {origin}: {'; '.join(problems)}.")
    return result


def load_config(base: T, path: Path) -> T:
    """Reads a `.json` or `.toml` configuration file over `base`.

    A file written by `--print-config`, or the `config.json` of a run, can be fed back.

    Raises:
        ConfigError: the file is missing or unreadable, or holds unknown names or wrong types.
    """
    try:
        text = path.read_text(encoding="utf-8")
        values = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except OSError as error:
        raise ConfigError(
            f"Expected a configuration file at {path}, received: {error.strerror}."
        ) from None
    except ValueError as error:
        raise ConfigError(
            f"Expected JSON (or TOML in a .toml file) in {path}, received: {error}."
        ) from None
    if not isinstance(values, Mapping):
        raise ConfigError(f"Expected an object of settings in {path}, received: {values!r:.40}.")
    return from_dict(base, values, origin=str(path))


def _replaced(base: T, values: Mapping[str, Any], prefix: str, problems: list[str]) -> T:
    hints = typing.get_type_hints(type(base))
    changes: dict[str, Any] = {}
    for name, value in values.items():
        if name not in hints:
            problems.append(f"unknown setting {prefix + name!r}.{nearest(name, hints)}".rstrip("."))
            continue
        current = getattr(base, name)
        if dataclasses.is_dataclass(current) and isinstance(value, Mapping):
            changes[name] = _replaced(current, value, f"{prefix}{name}.", problems)
            continue
        try:
            changes[name] = _coerced(hints[name], value)
        except (TypeError, ValueError):
            problems.append(
                f"expected {_words(hints[name])} for {prefix + name!r}, received {value!r:.60}"
            )
    return dataclasses.replace(base, **changes)  # type: ignore[type-var]


def _coerced(hint: Any, value: Any) -> Any:
    """Fits a JSON value to a field type, or raises: a wrong type is never passed on."""
    kind, options = typing.get_origin(hint), typing.get_args(hint)
    if kind in (typing.Union, types.UnionType):
        if value is None and type(None) in options:
            return None
        (inner,) = [option for option in options if option is not type(None)]
        return _coerced(inner, value)
    if kind is Literal:
        if value in options:
            return value
    elif kind is tuple:
        if isinstance(value, list | tuple):
            return tuple(_coerced(options[0], item) for item in value)
    elif hint is float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
    elif hint is Path:
        if isinstance(value, str):
            return Path(value)
    elif type(value) is hint:  # bool is an int, but True is not a number of epochs
        return value
    raise TypeError


def _words(hint: Any) -> str:
    options = typing.get_args(hint)
    if typing.get_origin(hint) is Literal:
        return "one of " + ", ".join(map(repr, options))
    if typing.get_origin(hint) is tuple:
        return f"a list of {_words(options[0])}"
    if options:
        return " or ".join(_words(option) for option in options)
    return {type(None): "null"}.get(hint, getattr(hint, "__name__", str(hint)))
