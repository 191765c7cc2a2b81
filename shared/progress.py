"""One line that says how far a pass over many things is, and how long it will take.

Whoever reads or computes for longer than a moment shows it, on standard error: redrawn on a
terminal, a plain line now and then elsewhere, so that a log file stays readable. Training has
`shared.training.progress`, which knows of epochs too.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

LIVE_SECONDS = 0.25
PLAIN_SECONDS = 30.0


@contextmanager
def progress_line(
    name: str, *, total: int | None, unit: str, console: Console | None = None
) -> Iterator[Callable[[int], None]]:
    """Gives a function that is told how many are done so far, and shows it.

    Args:
        name: of the pass, such as "reading pictures".
        total: how many there are; None where nobody knows.
        unit: what is counted.
        console: where to show it; standard error by default.
    """
    console = console or Console(stderr=True)
    live = console.is_terminal
    pause = LIVE_SECONDS if live else PLAIN_SECONDS
    begin = time.monotonic()
    due = begin + pause
    status = console.status(name) if live else None

    def show(done: int) -> None:
        nonlocal due
        now = time.monotonic()
        if now < due:
            return
        due = now + pause
        speed = done / max(now - begin, 1e-9)
        of_all = f" of {total:,}" if total else ""
        left = f"  {clock((total - done) / speed)} left" if total and done else ""
        text = f"{name}: {done:,}{of_all}  {speed:,.0f} {unit}/s{left}"
        if status:
            status.update(text)
        else:
            console.print(text, highlight=False, markup=False, soft_wrap=True)

    if status:
        with status:
            yield show
    else:
        yield show


def clock(seconds: float) -> str:
    """Writes a duration as h:mm:ss or m:ss.

    Example:
    >>> clock(59.6), clock(3725)
    ('1:00', '1:02:05')
    """
    minutes, second = divmod(round(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"
