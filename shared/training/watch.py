"""What happens between two steps: count, look for NaN, show progress, save, stop.

`model.fit` calls this callback after every step; in a small model that is a thousand times a
second, so nothing here may cost more than a few microseconds unless there is something to do.
"""

import math
import time
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from shared.runtime import any_process, share
from shared.training.feed import Feed
from shared.training.progress import StageProgress
from shared.training.run import Run
from shared.training.stopping import StopRequest, TrainingDiverged, TrainingStopped
from shared.training.weights import to_array

if TYPE_CHECKING:
    from shared.config import TrainingConfig

AGREE_EVERY = 10  # Steps between two questions among processes whether one wants to stop.


class Watch(keras.callbacks.Callback):
    """Watches over the steps of one stage.

    Args:
        run: knows the position, and saves it.
        config: says how often the state is saved.
        feed: knows how many rows each batch had.
        progress: shows the progress of the stage.
        stop: says whether somebody wants to stop.
    """

    def __init__(
        self,
        run: Run,
        config: "TrainingConfig",
        *,
        feed: Feed,
        progress: StageProgress,
        stop: StopRequest,
    ):
        super().__init__()
        self._run, self._feed, self._progress, self._stop = run, feed, progress, stop
        self._every_steps = config.checkpoint_steps or 0
        self._every_seconds = config.checkpoint_seconds
        self._next_save = time.monotonic() + self._every_seconds
        self._began, self._seconds_before = 0.0, 0.0
        self._several = share().processes > 1
        self._loss: Any = None

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Goes on with the running scores of an unfinished epoch: `fit` has just reset them."""
        self._run.restore_metrics(self.model)
        self._run.saved = None
        self._began, self._seconds_before = time.monotonic(), self._run.position.seconds
        self._loss = None

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Counts the step, and does what is due."""
        position = self._run.position
        position.items += self._feed.rows.pop(position.step, 0)
        position.step += 1
        # The loss of the step before is ready by now; waiting for this one's would stall a GPU.
        # It is a running mean, so it stays NaN once it is, and no step goes unseen.
        self.check_loss(position.step - 1)
        self._loss = logs["loss"]
        if self._asked_to_stop():
            self.save()
            raise self.stopped()
        if self._every_steps and position.step % self._every_steps == 0:
            self.save()
        elif time.monotonic() >= self._next_save:
            self.save()
        if self._progress.due():
            self._progress.step(position.step, items=position.items, loss=float(self._loss))

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Takes stock of the epoch's steps before validation uses the same metrics."""
        self.check_loss(self._run.position.step)
        self._take_stock()

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stops in the middle of a validation, which a resumed run then begins again."""
        if self._stop.requested and not self._several:
            self._run.save()
            raise self.stopped()

    def check_loss(self, step: int) -> None:
        """Raises `TrainingDiverged` if the last loss seen is no finite number."""
        if self._loss is not None and not math.isfinite(self._loss):
            raise self.diverged("the loss", step)

    def save(self) -> None:
        """Saves the state in the middle of an epoch, unless it is spoilt."""
        position = self._run.position
        self.check_loss(position.step)
        model = self.model  # On JAX the property first brings the variables up to date.
        for variable in model.trainable_variables:
            if not np.isfinite(to_array(variable)).all():
                raise self.diverged(f"the weight {variable.path!r}", position.step)
        self._take_stock()
        self._run.save([to_array(variable) for variable in model.metrics_variables])
        self._next_save = time.monotonic() + self._every_seconds

    def stopped(self) -> TrainingStopped:
        """Returns the exception that says how to go on; the state has to be saved before."""
        return TrainingStopped(
            f"Stopped after step {self._run.position.step} of stage {self._run.stage.name!r}; "
            f"everything is saved in {self._run.folder}. "
            "Go on with the same command and --resume."
        )

    def diverged(self, what: str, step: int) -> TrainingDiverged:
        """Returns the exception that names the step in which something became infinite or NaN."""
        run = self._run
        epoch = (step - 1) // len(run.stage.train) + 1
        return TrainingDiverged(
            f"Expected a finite number, received NaN or infinity as {what} in step "
            f"{run.steps_before + step} (stage {run.stage.name!r}, epoch {epoch}): lower the "
            "learning rate, or set a clip norm."
        )

    def _asked_to_stop(self) -> bool:
        """Says whether to stop now; several processes have to stop after the same step."""
        if not self._several:
            return self._stop.requested
        return self._run.position.step % AGREE_EVERY == 0 and any_process(self._stop.requested)

    def _take_stock(self) -> None:
        position = self._run.position
        position.seconds = self._seconds_before + time.monotonic() - self._began
        scores = self.model.get_metrics_result()
        position.scores = {name: float(value) for name, value in scores.items()}
