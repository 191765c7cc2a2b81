"""One line that says how far a pass over a corpus is, on standard error.

How long a pass takes is not known beforehand, so it tells what was done and how fast. The look is
that of `shared.training.progress`: redrawn on a terminal, a plain line now and then elsewhere.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

LIVE_SECONDS = 0.25
PLAIN_SECONDS = 30.0


@contextmanager
def counting_line(
    name: str, *, unit: str = "words", console: Console | None = None
) -> Iterator[Callable[[int], None]]:
    """Gives a function that is told the number of words done so far, and shows it.

    Args:
        name: of the pass, such as "counting".
        unit: what is counted.
        console: where to show it; standard error by default.
    """
    console = console or Console(stderr=True)
    live = console.is_terminal
    begin = time.monotonic()
    pause = LIVE_SECONDS if live else PLAIN_SECONDS
    due = begin + pause
    status = console.status(name) if live else None

    def show(done: int) -> None:
        nonlocal due
        now = time.monotonic()
        if now < due:
            return
        due = now + pause
        text = f"{name}: {done:,} {unit}  {done / max(now - begin, 1e-9):,.0f} {unit}/s"
        if status:
            status.update(text)
        else:
            console.print(text, highlight=False, markup=False, soft_wrap=True)

    if status:
        with status:
            yield show
    else:
        yield show
