"""The files of one run, and the order in which they are written.

`state/training.npz` comes first: it alone decides where a resumed run begins. The weights and
metrics.jsonl follow from it, so a process killed between the two loses nothing: `publish` is
called again when the run is resumed.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from shared.errors import BundleError, ConfigError
from shared.training.averaging import keep_epoch
from shared.training.curve import draw_curve
from shared.training.history import History, write_rows
from shared.training.moving_average import averages_of
from shared.training.stage import Stage
from shared.training.state import (
    Position,
    SavedState,
    assign_all,
    fingerprint,
    load_state,
    save_state,
    unique_variables,
)
from shared.training.weights import save_weights, to_array


class Run:
    """A run folder during training.

    Args:
        stages: all stages of the run.
        folder: the run folder; made when missing.
        seed: of the run; a state of another seed is refused.
        resume: go on from the saved state, or from the beginning where there is none yet.
        writes: whether this process writes files; of several processes only the first one does.

    Raises:
        BundleError: a saved state is there but `resume` is off, or it is of another run.
        ConfigError: the stages cannot be trained.
    """

    def __init__(
        self, stages: Sequence[Stage], folder: Path, *, seed: int, resume: bool, writes: bool = True
    ):
        _check(stages)
        self.stages = stages
        self.folder = folder
        self.position = Position()
        self.saved: SavedState | None = None
        self.writes = writes
        # The weights that training goes on with, while others are in their place; see `averaged`.
        self._set_aside: dict[int, np.ndarray] = {}
        self._fingerprint = fingerprint(stages, seed)
        if self.state_path.exists():
            if not resume:
                raise BundleError(
                    f"Expected a new run folder, received {folder} with the state of an earlier "
                    "run; go on with --resume, or choose another folder."
                )
            self.saved = load_state(self.state_path, run=self._fingerprint)
            self.position = self.saved.position

    @property
    def state_path(self) -> Path:
        """The file that decides where a resumed run begins."""
        return self.folder / "state" / "training.npz"

    @property
    def best_path(self) -> Path:
        """The weights of the best epoch of the current stage."""
        return self.folder / "weights" / "best.npz"

    @property
    def stage(self) -> Stage:
        """The stage that the run is in."""
        return self.stages[self.position.stage]

    @property
    def epochs_done(self) -> int:
        """Epochs of the current stage that have a row."""
        return sum(row["stage"] == self.stage.name for row in self.position.rows)

    @property
    def stage_done(self) -> bool:
        """Says whether the current stage has run all its epochs, or out of patience."""
        patience = self.stage.patience
        waited = self.epochs_done - self.position.best_epoch
        return self.epochs_done >= self.stage.epochs or (
            patience is not None and 0 < patience <= waited
        )

    @property
    def steps_before(self) -> int:
        """Steps done in the stages before the current one."""
        last_steps = {row["stage"]: row["step"] for row in self.position.rows}
        last_steps.pop(self.stage.name, None)
        return max(last_steps.values(), default=0)

    def restore_variables(self) -> None:
        """Puts the saved variables into the stages' models."""
        if self.saved is not None:
            variables = unique_variables(self.stages)
            assign_all(variables, self.saved.variables, what="model")

    def restore_optimizer(self, optimizer: keras.optimizers.Optimizer) -> None:
        """Puts the saved variables into the current stage's optimizer."""
        if self.saved is not None:
            assign_all(optimizer.variables, self.saved.optimizer, what="optimizer")

    def restore_metrics(self, model: keras.Model) -> None:
        """Puts the saved running sums into the metrics of the current stage's model."""
        if self.saved is not None and self.saved.metrics:
            assign_all(model.metrics_variables, self.saved.metrics, what="set of metrics")

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Puts the moving averages of the weights into the model of the stage, inside the block.

        Where its optimizer keeps none, nothing changes. The state that is saved meanwhile holds
        the weights themselves.
        """
        model = self.stage.model
        averages = averages_of(model)
        weights = [weight for weight in model.trainable_variables if id(weight) in averages]
        self._set_aside = {id(weight): to_array(weight) for weight in weights}
        try:
            for weight in weights:
                # A copy: JAX gives the memory of what it evaluates away.
                weight.assign(to_array(averages[id(weight)]))
            yield
        finally:
            for weight in weights:
                weight.assign(self._set_aside[id(weight)])
            self._set_aside = {}

    def save(self, metrics: Sequence[np.ndarray] = ()) -> None:
        """Saves the state.

        Args:
            metrics: running sums of the unfinished epoch; none between two epochs.
        """
        if not self.writes:
            return
        if keras.backend.backend() == "jax":
            # In the midst of fit or evaluate JAX keeps the values outside of the variables.
            self.stage.model.jax_state_sync()
        aside = self._set_aside
        variables = [
            aside[id(variable)] if id(variable) in aside else to_array(variable)
            for variable in unique_variables(self.stages)
        ]
        optimizer = [to_array(variable) for variable in self.stage.model.optimizer.variables]
        state = SavedState(self.position, variables, optimizer, metrics)
        save_state(self.state_path, state, run=self._fingerprint)

    def publish(self) -> None:
        """Writes what follows from a state between two epochs; doing it twice does no harm."""
        if not self.writes:
            return
        if self.position.step == self.epochs_done * len(self.stage.train) > 0:
            kept, averages = self.stage.kept, averages_of(self.stage.model)
            save_weights(kept, self.folder / "weights" / "last.npz", averages=averages)
            if keep := self.stage.keep_last:
                epoch = self.epochs_done
                keep_epoch(kept, self.folder, epoch=epoch, keep=keep, averages=averages)
            if self.position.best_epoch == self.epochs_done:
                save_weights(kept, self.best_path, averages=averages)
        write_rows(self.folder / "metrics.jsonl", self.position.rows)

    def draw(self) -> None:
        """Draws curve.png."""
        if self.writes and self.position.rows:
            draw_curve(self.position.rows, self.folder / "curve.png")

    def add_row(self, row: dict[str, Any]) -> bool:
        """Ends an epoch: notes its row, and returns whether it is the best of the stage."""
        score = row[self.stage.monitored]
        position = self.position
        position.rows.append(row)
        position.seconds, position.items, position.scores = 0.0, 0, {}
        if not self.stage.improves(score, position.best):
            return False
        position.best, position.best_epoch = score, self.epochs_done
        return True

    def next_stage(self) -> None:
        """Goes to the beginning of the next stage.

        One that starts from the best weights has to do better than they, or they stay the best.
        """
        self.saved = None
        stage, position = self.stage, self.position
        self.position = Position(stage=position.stage + 1, rows=position.rows)
        if self.stage.from_best and self.stage.monitored == stage.monitored:
            self.position.best = position.best

    def history(self) -> History:
        """Returns what there is to tell."""
        position = self.position
        return History(tuple(position.rows), position.best, position.best_epoch)


def _check(stages: Sequence[Stage]) -> None:
    names = [stage.name for stage in stages]
    problems = [f"{name!r} twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    problems += [f"{stage.name!r} without one" for stage in stages if not len(stage.train)]
    if problems or not stages:
        raise ConfigError(
            "Expected stages with different names and at least one batch each, received "
            f"{', '.join(problems) or 'none'}."
        )
