"""Each check of the harness finds the layer that is broken in its way, and passes a sound one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from shared.testing import check_layer as harness
from shared.testing.compare_backends import compare_backends
from shared.testing.layer_case import LayerCase, LayerCheckError

registered = keras.saving.register_keras_serializable(package="tests")


@registered
class Sound(keras.layers.Layer):
    """Mean of the real rows, scaled: what every broken layer below is derived from."""

    def __init__(self, factor: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.factor = factor

    def build(self, inputs_shape: Any, padding_mask_shape: Any = None) -> None:
        self.scale = self.add_weight(name="scale", shape=(inputs_shape[-1],))

    def call(self, inputs: Any, padding_mask: Any = None) -> Any:
        if padding_mask is None:
            padding_mask = ops.ones_like(inputs[..., 0], dtype="bool")
        real = ops.cast(ops.expand_dims(padding_mask, -1), inputs.dtype)
        mean = ops.sum(inputs * real, axis=1) / ops.maximum(ops.sum(real, axis=1), 1)
        return self.factor * mean * self.scale

    def compute_output_shape(self, inputs_shape: Any, padding_mask_shape: Any = None) -> Any:
        return (inputs_shape[0], inputs_shape[-1])

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": self.factor}


class Unregistered(Sound):
    pass


@registered
class ForgetsConfig(Sound):
    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["factor"]
        return config


@registered
class WrongConfig(Sound):
    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "factor": 1.0}


@registered
class DriftingConfig(Sound):
    def __init__(self, factor: float = 1.0, *, count: int = 0, **kwargs: Any) -> None:
        super().__init__(factor, **kwargs)
        self.count = count + 1

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "count": self.count}


@registered
class HiddenState(Sound):
    def build(self, inputs_shape: Any, padding_mask_shape: Any = None) -> None:
        super().build(inputs_shape)
        self.factor = float(np.random.default_rng().normal())


@registered
class SharedPath(Sound):
    def build(self, inputs_shape: Any, padding_mask_shape: Any = None) -> None:
        super().build(inputs_shape)
        self.other = self.add_weight(name="scale", shape=(1,))


@registered
class UnstablePath(Sound):
    def build(self, inputs_shape: Any, padding_mask_shape: Any = None) -> None:
        self.scale = self.add_weight(name=f"scale_{id(self)}", shape=(inputs_shape[-1],))


@registered
class WrongShape(Sound):
    def compute_output_shape(self, inputs_shape: Any, padding_mask_shape: Any = None) -> Any:
        return tuple(inputs_shape)


@registered
class IgnoresMask(Sound):
    def call(self, inputs: Any, padding_mask: Any = None) -> Any:
        return super().call(inputs)


@registered
class IgnoresInputs(Sound):
    def call(self, inputs: Any, padding_mask: Any = None) -> Any:
        return super().call(ops.ones_like(inputs), padding_mask)


@registered
class NoMaskIsNothing(Sound):
    def call(self, inputs: Any, padding_mask: Any = None) -> Any:
        if padding_mask is None:
            padding_mask = ops.zeros_like(inputs[..., 0], dtype="bool")
        return super().call(inputs, padding_mask)


@registered
class LeakyRows(Sound):
    """Keeps the rows; a masked row reaches its own place, and with `factor` 3 all places."""

    def call(self, inputs: Any, padding_mask: Any = None) -> Any:
        leak = ops.mean(inputs, axis=1, keepdims=True) if self.factor == 3.0 else 0.0
        return (inputs + leak) * self.scale

    def compute_output_shape(self, inputs_shape: Any, padding_mask_shape: Any = None) -> Any:
        return tuple(inputs_shape)


@registered
class Unconnected(Sound):
    def build(self, inputs_shape: Any, padding_mask_shape: Any = None) -> None:
        super().build(inputs_shape)
        self.unused = self.add_weight(name="unused", shape=(2,))


@registered
class InfiniteGradient(Sound):
    def call(self, inputs: Any, padding_mask: Any = None) -> Any:
        # The square root has no gradient at zero.
        return super().call(inputs, padding_mask) + ops.sqrt(0.0 * self.scale)


@registered
class EmptyMean(Sound):
    def call(self, inputs: Any, padding_mask: Any = None) -> Any:
        if padding_mask is None:
            return super().call(inputs)
        real = ops.cast(ops.expand_dims(padding_mask, -1), inputs.dtype)
        return self.factor * ops.sum(inputs * real, 1) / ops.sum(real, 1) * self.scale


@registered
class OverflowingMask(Sound):
    """Sound in float32; in float16 -1e9 is minus infinity, and softmax over it is NaN."""

    def call(self, inputs: Any, padding_mask: Any = None) -> Any:
        if padding_mask is None:
            padding_mask = ops.ones_like(inputs[..., 0], dtype="bool")
        mask = ops.expand_dims(padding_mask, -1)
        inputs = inputs * ops.cast(mask, inputs.dtype)
        never = ops.cast(ops.convert_to_tensor(-1e9, "float32"), inputs.dtype)
        weights = ops.softmax(ops.where(mask, inputs, never), axis=1)
        return ops.sum(weights * inputs, axis=1) * self.scale


@registered
class AlwaysFloat32(Sound):
    def call(self, inputs: Any, padding_mask: Any = None) -> Any:
        return ops.cast(super().call(inputs, padding_mask), "float32")


@registered
class Overflows(Sound):
    def call(self, inputs: Any, padding_mask: Any = None) -> Any:
        return super().call(inputs, padding_mask) * 1e5 / 1e5


@registered
class Rounds(Sound):
    def call(self, inputs: Any, padding_mask: Any = None) -> Any:
        return super().call(inputs, padding_mask) + 3e3 - 3e3


def case(cls: type, **changes: Any) -> LayerCase:
    settings: dict[str, Any] = {
        "init": {"factor": 2.0},
        "inputs": {
            "inputs": np.random.default_rng(0).normal(size=(2, 3, 4)).astype("float32"),
            "padding_mask": np.array([[1, 1, 0], [0, 1, 0]], bool),
        },
        "masks": {"padding_mask": ("inputs",)},
    }
    return LayerCase(cls=cls, **{**settings, **changes})


BROKEN = [
    (Unregistered, harness.check_config, "not registered"),
    (ForgetsConfig, harness.check_config, "no 'factor'"),
    (WrongConfig, harness.check_config, "factor was 2.0 and became 1.0"),
    (DriftingConfig, harness.check_config, "another configuration"),
    (HiddenState, harness.check_reload, "with the same weights"),
    (SharedPath, harness.check_reload, "share one path"),
    (UnstablePath, harness.check_reload, "from one instance to the next"),
    (WrongShape, harness.check_shapes, "promised"),
    (AlwaysFloat32, harness.check_precision, "float16 returned float32, not float16"),
    (IgnoresMask, harness.check_masks, "padding_mask hides change the output"),
    (IgnoresInputs, harness.check_masks, "real values of inputs change nothing"),
    (NoMaskIsNothing, harness.check_masks, "no padding_mask is not the same"),
    (LeakyRows, harness.check_masks, "padding_mask hides change the output"),
    (Unconnected, harness.check_gradients, "no gradient reaches checked/unused"),
    (InfiniteGradient, harness.check_gradients, "gradient of checked/scale is not finite$"),
    (EmptyMean, harness.check_gradients, "not finite when all is masked"),
    (OverflowingMask, harness.check_precision, "float16 is not finite when all is masked"),
    (Overflows, harness.check_precision, "float16 output is not finite"),
    (Rounds, harness.check_precision, "float16 is far from float32"),
]


def test_sound_layer_passes_every_check() -> None:
    harness.check_layer(case(Sound))


@pytest.mark.parametrize(("cls", "check", "message"), BROKEN)
def test_broken_layer_fails(cls: type, check: Callable[..., None], message: str) -> None:
    with pytest.raises(LayerCheckError, match=f"{cls.__name__}: .*{message}"):
        check(case(cls))


def test_check_layer_runs_every_check(monkeypatch: pytest.MonkeyPatch) -> None:
    assert set(harness.CHECKS) == {check for _, check, _ in BROKEN}
    ran: list[str] = []
    recorders = tuple(
        lambda one, name=check.__name__: ran.append(f"{name} {one.name}")
        for check in harness.CHECKS
    )
    monkeypatch.setattr(harness, "CHECKS", recorders)
    harness.check_layer(case(Sound))
    assert ran == [
        f"check_{name} Sound"
        for name in ("config", "reload", "shapes", "masks", "gradients", "precision")
    ]


def test_output_at_masked_places_may_be_free() -> None:
    harness.check_masks(case(LeakyRows, free_where_masked=True))
    with pytest.raises(LayerCheckError, match="hides change the output"):
        harness.check_masks(case(LeakyRows, init={"factor": 3.0}, free_where_masked=True))


def test_declared_output_dtype() -> None:
    harness.check_precision(case(AlwaysFloat32, output_dtype="float32"))
    with pytest.raises(LayerCheckError, match="returned float16, not float32"):
        harness.check_precision(case(Sound, output_dtype="float32"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"masks": {}}, "does not say what \\['padding_mask'\\] masks"),
        (
            {"inputs": {"inputs": np.ones((1, 2, 3), "f"), "padding_mask": np.ones((1, 2), bool)}},
            "must hold both true and false",
        ),
        (
            {"inputs": {"inputs": np.ones((1, 2, 3), "f"), "padding_mask": np.eye(2, dtype=bool)}},
            "cannot mask inputs",
        ),
    ],
)
def test_case_that_shows_nothing_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(LayerCheckError, match=message):
        harness.check_masks(case(Sound, **changes))


TWO_FACED = """
import keras

@keras.saving.register_keras_serializable(package="tests")
class TwoFaced(keras.layers.Layer):
    def build(self, inputs_shape):
        self.scale = self.add_weight(name="scale", shape=(inputs_shape[-1],))

    def call(self, inputs):
        return inputs * self.scale * (1.001 if keras.backend.backend() == "jax" else 1.0)

@keras.saving.register_keras_serializable(package="tests")
class Fails(keras.layers.Layer):
    def call(self, inputs):
        if keras.backend.backend() == "jax":
            raise ValueError("this layer knows no jax")
        return inputs
"""


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="the layer is made to fail on jax")
@pytest.mark.parametrize(
    ("name", "message"), [("TwoFaced", "jax differs from"), ("Fails", "this layer knows no jax")]
)
def test_another_backend_that_disagrees(
    name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "two_faced.py").write_text(TWO_FACED, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    import two_faced

    broken = LayerCase(
        cls=getattr(two_faced, name), init={}, inputs={"inputs": np.ones((2, 3), "float32")}
    )
    with pytest.raises(LayerCheckError, match=message):
        compare_backends([broken], backend="jax")
