"""The two ways in which training ends before its time, and the signals behind one of them.

`TrainingDiverged` is a failure (the loss is no number any more); `TrainingStopped` is a wish
(Ctrl-C, or a scheduler that sends SIGTERM), granted after the state has been saved.
"""

import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import FrameType

from shared.errors import OperationError, Stopped


class TrainingDiverged(OperationError):
    """The loss or a weight became infinite or not a number; the last saved state is from before."""


class TrainingStopped(Stopped):
    """Training was asked to stop, and can go on from the state it saved."""


class StopRequest:
    """A flag that Ctrl-C and SIGTERM raise; whoever trains looks at it between two steps."""

    def __init__(self) -> None:
        self.requested = False

    @contextmanager
    def listening(self) -> Iterator["StopRequest"]:
        """Listens to the two signals inside the block, and restores their handlers after it.

        Python delivers signals to the main thread alone; in any other thread this does nothing.
        """
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

        def note(number: int, frame: FrameType | None) -> None:
            self.requested = True
            # The next signal does what it did before: whoever is in a hurry need not wait.
            _restore(handlers)
            print("Stopping after this step; once more to stop at once.", file=sys.stderr)

        for number in handlers:
            signal.signal(number, note)
        try:
            yield self
        finally:
            _restore(handlers)


def _restore(handlers: Mapping[signal.Signals, object]) -> None:
    for number, handler in handlers.items():
        # None stands for a handler that was not installed from Python: it cannot be put back.
        signal.signal(number, handler if handler is not None else signal.SIG_DFL)  # type: ignore[arg-type]
