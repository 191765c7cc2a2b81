"""Learning rates as functions of the step, each with a linear warm-up.

`build_optimizer` makes one of these from the configuration. With t = step + 1, peak rate r,
warm-up of w steps and n steps in all:

    warm-up, t < w:     r * t / w
    constant:           r
    linear:             r * (n - t) / (n - w)
    cosine:             r * (1 + cos(pi * (t - w) / (n - w))) / 2
    inverse_sqrt:       r * sqrt(max(w, 1) / t)

References: warm-up and inverse square root, A. Vaswani et al., Attention Is All You Need, 2017,
arXiv:1706.03762, section 5.3; cosine, I. Loshchilov and F. Hutter, SGDR: Stochastic Gradient
Descent with Warm Restarts, 2017, arXiv:1608.03983.
"""

import math
from typing import Any

import keras
from keras import ops

from shared.errors import ConfigError, nearest

SHAPES = ("constant", "cosine", "inverse_sqrt", "linear")


@keras.saving.register_keras_serializable(package="brickyard")
class WarmUpSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A learning rate that rises linearly, then stays or falls.

    Args:
        peak: the highest rate, reached at the end of the warm-up; > 0.
        shape: what follows the warm-up: "constant", "cosine", "inverse_sqrt" or "linear".
        warm_up_steps: steps of the warm-up; >= 0.
        total_steps: steps after which "cosine" and "linear" have reached 0, where they stay.

    Raises:
        ConfigError: an unknown shape.

    Example:
    >>> rate = WarmUpSchedule(0.1, "linear", warm_up_steps=2, total_steps=6)
    >>> [round(float(rate(step)), 3) for step in range(6)]
    [0.05, 0.1, 0.075, 0.05, 0.025, 0.0]
    """

    def __init__(self, peak: float, shape: str, *, warm_up_steps: int, total_steps: int):
        super().__init__()
        if shape not in SHAPES:
            raise ConfigError(
                f"Expected a known schedule, received {shape!r}.{nearest(shape, SHAPES)}"
            )
        self.peak = peak
        self.shape = shape
        self.warm_up_steps = warm_up_steps
        self.total_steps = total_steps

    def __call__(self, step: Any) -> Any:
        """Returns the rate of a step, counted from 0."""
        done = ops.cast(step, "float32") + 1.0
        warm_up = float(self.warm_up_steps)
        falling = self._after_warm_up(done, warm_up)
        if not self.warm_up_steps:
            return falling
        return ops.where(done < warm_up, self.peak * done / warm_up, falling)

    def _after_warm_up(self, done: Any, warm_up: float) -> Any:
        if self.shape == "constant":
            return ops.full_like(done, self.peak)
        if self.shape == "inverse_sqrt":
            return self.peak * ops.sqrt(max(warm_up, 1.0) / ops.maximum(done, 1.0))
        # A warm-up as long as the stage leaves nothing to fall over: avoid 0 / 0.
        span = max(self.total_steps - warm_up, 1.0)
        progress = ops.clip((done - warm_up) / span, 0.0, 1.0)
        if self.shape == "linear":
            return self.peak * (1.0 - progress)
        return self.peak * 0.5 * (1.0 + ops.cos(math.pi * progress))

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, for saving."""
        return {
            "peak": self.peak,
            "shape": self.shape,
            "warm_up_steps": self.warm_up_steps,
            "total_steps": self.total_steps,
        }
