"""One stage of training: what is trained, on what, how long, and what counts as better.

An app describes its recipe as a list of stages (linear start then softmax, head then top,
cross-entropy then self-critical, ...) and hands the list to `shared.training.fit`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import keras

if TYPE_CHECKING:
    from shared.data.batches import Batches


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A stretch of training with one model, one optimizer, one loss and one stopping rule.

    Args:
        name: shown in the progress line and written into `metrics.jsonl`; unique in the run.
        model: a built model. Stages may share one model, or layers of it.
        train: training batches; batch `i` must be a pure function of `i`, for any `i` >= 0.
        epochs: passes over `train`, at most.
        optimizer: makes a fresh optimizer when the stage starts.
        loss: as in `model.compile`; a mean over the rows of a batch (Keras' default) if the
            batches are to be split over several devices.
        metrics: as in `model.compile`.
        validation: batches scored after each epoch; their scores are called `val_...`.
        validate: makes further scores after each epoch (BLEU, ...); they are called `val_...`
            too, whether or not the function already says so.
        monitor: the score that decides what is best; without validation batches the default
            means `loss`.
        mode: whether a smaller ("min") or a larger ("max") score is better.
        patience: epochs without improvement after which the stage ends; None: never.
        prepare: called when the stage starts and when it is resumed, before `model.compile`:
            the place to freeze layers or to switch a softmax on.
        jit_compile: compile the training step with XLA also on TensorFlow.
        keep_last: keep the weights of so many last epochs, for `averaging.average_weights`.
        from_best: start from the best weights of the stage before, not from its last ones; where
            both monitor the same score, these stay the best until an epoch does better.
        whole: the model whose weights are written, where the trained one is a part of it, as a
            head on features that were computed before; the trained one by default.
    """

    name: str
    model: keras.Model
    train: "Batches"
    epochs: int
    optimizer: Callable[[], keras.optimizers.Optimizer]
    loss: Any
    metrics: Any = None
    validation: "Batches | None" = None
    validate: Callable[[], Mapping[str, float]] | None = None
    monitor: str = "val_loss"
    mode: Literal["min", "max"] = "min"
    patience: int | None = None
    prepare: Callable[[], None] | None = None
    jit_compile: bool = False
    keep_last: int = 0
    from_best: bool = False
    whole: keras.Model | None = None

    @property
    def kept(self) -> keras.Model:
        """The model whose weights are written."""
        return self.whole or self.model

    @property
    def total_steps(self) -> int:
        """Steps of the whole stage, if nothing stops it early."""
        return self.epochs * len(self.train)

    @property
    def monitored(self) -> str:
        """The name of the score that decides, in a row of `metrics.jsonl`."""
        if self.monitor == "val_loss" and self.validation is None:
            return "loss"
        return self.monitor

    def improves(self, score: float, best: float | None) -> bool:
        """Says whether `score` is better than the best one so far."""
        if best is None:
            return True
        return score < best if self.mode == "min" else score > best
