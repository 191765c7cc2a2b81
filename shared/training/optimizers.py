"""The optimizer of a stage, made from the configuration.

Apps pass `lambda: build_optimizer(config.training, total_steps=...)` to a `Stage`, so that every
stage starts with fresh moments.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import keras

from shared.errors import ConfigError, nearest
from shared.training.layerwise_adam import LayerwiseAdam
from shared.training.moving_average import AveragingAdam, AveragingSGD
from shared.training.schedules import WarmUpSchedule

if TYPE_CHECKING:
    from shared.config import TrainingConfig

OPTIMIZERS = ("adam", "sgd")


def build_optimizer(
    config: "TrainingConfig",
    *,
    total_steps: int,
    factors: Mapping[str, float] | None = None,
    ema: float = 0.0,
) -> keras.optimizers.Optimizer:
    """Builds an optimizer with schedule, warm-up and clipping.

    With `config.accumulate` of k, the mean gradient of k batches is clipped and makes one update,
    as a batch of k times the size would; the k go on over the end of an epoch. What is left of
    them at the end of a stage makes no update.

    Args:
        config: names the optimizer, its rate, schedule, warm-up, clip norm and accumulation.
        total_steps: steps of the stage: `epochs * len(batches)`.
        factors: what the rate of a variable is multiplied by, by its path; for Adam alone.
        ema: decay of a moving average of the weights, below 1, which `fit` then scores and
            writes; 0 for none.

    Raises:
        ConfigError: an unknown optimizer or schedule, an accumulation of less than a batch, a
            decay that is none, or factors for another optimizer than Adam.

    Example:
    >>> from shared.config import TrainingConfig
    >>> config = TrainingConfig(learning_rate=0.5, schedule="linear")
    >>> float(build_optimizer(config, total_steps=10).learning_rate)
    0.44999998807907104
    """
    if config.optimizer not in OPTIMIZERS:
        raise ConfigError(
            f"Expected a known optimizer, received {config.optimizer!r}."
            f"{nearest(config.optimizer, OPTIMIZERS)}"
        )
    if config.accumulate < 1:
        raise ConfigError(
            f"Expected gradients of 1 or more batches an update, received {config.accumulate}; "
            "raise training.accumulate."
        )
    if not 0.0 <= ema < 1.0:
        raise ConfigError(
            f"Expected a decay of the moving average from 0 to below 1, received {ema}; 0.999 is "
            "usual, and 0 averages nothing."
        )
    rate: Any = config.learning_rate
    if config.schedule != "constant" or config.warm_up_steps:
        rate = WarmUpSchedule(
            config.learning_rate,
            config.schedule,
            # Keras asks for the rate of a batch, and warm-up counts updates.
            warm_up_steps=config.warm_up_steps * config.accumulate,
            total_steps=total_steps,
        )
    common: dict[str, Any] = {"learning_rate": rate, "global_clipnorm": config.clip_norm}
    if config.accumulate > 1:
        common["gradient_accumulation_steps"] = config.accumulate
    if factors and config.optimizer != "adam":
        raise ConfigError(
            f"Expected adam for rates that differ by layer, received {config.optimizer}; choose it."
        )
    if config.optimizer == "sgd":
        return AveragingSGD(ema=ema, **common) if ema else keras.optimizers.SGD(**common)
    common["beta_2"] = config.beta_2
    if ema:
        return AveragingAdam(factors or {}, ema=ema, **common)
    return LayerwiseAdam(factors, **common) if factors else keras.optimizers.Adam(**common)
