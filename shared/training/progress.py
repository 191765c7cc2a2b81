"""The line that says how training is going and how long it will take, on standard error.

On a terminal it is a live bar (rich) that is redrawn four times a second at most; elsewhere
a plain line appears now and then, so that a log file stays readable.
"""

import time
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from shared.progress import LIVE_SECONDS, PLAIN_SECONDS, clock


class StageProgress:
    """Shows the progress of one stage.

    Args:
        name: of the stage.
        total_steps: steps of the whole stage.
        steps_an_epoch: steps of one epoch.
        done: steps that an earlier process has done.
        console: where to show it; standard error by default.
    """

    def __init__(
        self,
        name: str,
        *,
        total_steps: int,
        steps_an_epoch: int,
        done: int = 0,
        console: Console | None = None,
    ):
        self._name = name
        self._total = total_steps
        self._steps_an_epoch = steps_an_epoch
        self._done = done
        self._timer = RemainingTime(total_steps=total_steps, steps_an_epoch=steps_an_epoch)
        self._console = console or Console(stderr=True)
        self._live = self._console.is_terminal
        self._pause = LIVE_SECONDS if self._live else PLAIN_SECONDS
        self._next_show = time.monotonic() + self._pause
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[text]}"),
            console=self._console,
            auto_refresh=False,
        )
        self._task = self._bar.add_task(name, total=total_steps, completed=done, text="")

    def __enter__(self) -> "StageProgress":
        if self._live:
            self._bar.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._live:
            self._bar.stop()

    def epoch_begins(self, *, done: int) -> None:
        """Notes that training, not validation, takes the time from now on."""
        self._timer.epoch_begins(done)

    def due(self) -> bool:
        """Says whether the next call of `step` would show something; it is cheap to ask."""
        return time.monotonic() >= self._next_show

    def step(self, done: int, *, items: int, loss: float | None = None) -> None:
        """Shows a step.

        Args:
            done: steps done in this stage.
            items: rows trained on in this epoch by this process.
            loss: mean loss of the epoch so far; None where nobody knows.
        """
        self._next_show = time.monotonic() + self._pause
        speed = items / max(self._timer.epoch_seconds(), 1e-9)
        left = clock(self._timer.left(done))
        shown = "" if loss is None else f"loss {loss:.4f}  "
        text = f"{shown}{speed:,.0f} items/s  {left} left"
        if self._live:
            epoch = (done - 1) // self._steps_an_epoch + 1
            self._bar.update(
                self._task, completed=done, text=text, description=f"{self._name} epoch {epoch}"
            )
            self._bar.refresh()
        else:
            self._print(f"{self._name}: step {done} of {self._total}  {text}")

    def training_ends(self, done: int) -> None:
        """Notes that the steps of an epoch are done and validation begins."""
        self._timer.training_ends(done)

    def epoch_ends(self, done: int, row: Mapping[str, Any], *, best: bool) -> None:
        """Leaves one line for an epoch."""
        self._timer.epoch_ends()
        shown = ("stage", "epoch", "step", "seconds", "items_per_second")
        scores = [f"{name} {value:.4g}" for name, value in row.items() if name not in shown]
        text = (
            f"{row['stage']}: epoch {row['epoch']}  {'  '.join(scores)}  "
            f"{row['items_per_second']:,.0f} items/s  {clock(self._timer.left(done))} left"
            f"{'  (best)' if best else ''}"
        )
        if self._live:
            self._bar.update(self._task, completed=done)
            self._bar.refresh()
        self._print(text)

    def _print(self, text: str) -> None:
        # Neither colours nor line breaks of its own: the text may end in a log file.
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)


class RemainingTime:
    """Estimates the time left from the mean time of a step and of a validation.

        seconds left = steps left * seconds a step + epochs left * seconds a validation

    Args:
        total_steps: steps of the whole stage.
        steps_an_epoch: steps of one epoch.
    """

    def __init__(self, *, total_steps: int, steps_an_epoch: int):
        self._total = total_steps
        self._steps_an_epoch = steps_an_epoch
        self._begin = self._end = time.monotonic()
        self._first, self._running = 0, False
        self._steps, self._seconds = 0, 0.0
        self._validations, self._validation_seconds = 0, 0.0

    def epoch_begins(self, done: int) -> None:
        """Starts the clock of an epoch after `done` steps of the stage."""
        self._begin, self._first, self._running = time.monotonic(), done, True

    def epoch_seconds(self) -> float:
        """Returns the seconds since the epoch began."""
        return time.monotonic() - self._begin

    def training_ends(self, done: int) -> None:
        """Stops the clock of the steps and starts the one of validation."""
        self._end, self._running = time.monotonic(), False
        self._steps += done - self._first
        self._seconds += self._end - self._begin

    def epoch_ends(self) -> None:
        """Stops the clock of validation."""
        self._validations += 1
        self._validation_seconds += time.monotonic() - self._end

    def left(self, done: int) -> float:
        """Returns the seconds that the rest of the stage is going to take."""
        steps = self._steps + (done - self._first if self._running else 0)
        seconds = self._seconds + (self.epoch_seconds() if self._running else 0.0)
        a_step = seconds / steps if steps else 0.0
        a_validation = self._validation_seconds / max(self._validations, 1)
        epochs = -((done - self._total) // self._steps_an_epoch)  # Rounded up.
        return a_step * (self._total - done) + a_validation * epochs
