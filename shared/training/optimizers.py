"""The optimizer of a stage, made from the configuration.

Apps pass `lambda: build_optimizer(config.training, total_steps=...)` to a `Stage`, so that every
stage starts with fresh moments.
"""

from typing import TYPE_CHECKING, Any

import keras

from shared.errors import ConfigError, nearest
from shared.training.schedules import WarmUpSchedule

if TYPE_CHECKING:
    from shared.config import TrainingConfig

OPTIMIZERS = ("adam", "sgd")


def build_optimizer(config: "TrainingConfig", *, total_steps: int) -> keras.optimizers.Optimizer:
    """Builds an optimizer with schedule, warm-up and clipping.

    With `config.accumulate` of k, the mean gradient of k batches is clipped and makes one update,
    as a batch of k times the size would; the k go on over the end of an epoch. What is left of
    them at the end of a stage makes no update.

    Args:
        config: names the optimizer, its rate, schedule, warm-up, clip norm and accumulation.
        total_steps: steps of the stage: `epochs * len(batches)`.

    Raises:
        ConfigError: an unknown optimizer or schedule, or an accumulation of less than a batch.

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
    if config.optimizer == "sgd":
        return keras.optimizers.SGD(**common)
    return keras.optimizers.Adam(beta_2=config.beta_2, **common)
