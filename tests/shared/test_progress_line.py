"""The line of a long pass: how many, how fast, how long still."""

import io

import pytest
from rich.console import Console

from shared import progress
from shared.progress import progress_line


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_a_plain_line_appears_now_and_then_with_the_time_left(clock):
    shown = io.StringIO()
    line = progress_line("reading", total=5000, unit="files", console=Console(file=shown))
    with line as show:
        clock.now += 29.0
        show(900)
        assert shown.getvalue() == ""
        clock.now += 1.0
        show(1200)
        clock.now += 29.0
        show(2000)
    assert shown.getvalue() == "reading: 1,200 of 5,000  40 files/s  1:35 left\n"


def test_without_a_total_there_is_no_time_left(clock):
    shown = io.StringIO()
    line = progress_line("reading", total=None, unit="files", console=Console(file=shown))
    with line as show:
        clock.now += 60.0
        show(1200)
    assert shown.getvalue() == "reading: 1,200  20 files/s\n"


def test_a_terminal_shows_it_live(clock):
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True, width=80)
    with progress_line("reading", total=10, unit="files", console=console) as show:
        clock.now += 0.5
        show(5)
        console.file.flush()
    assert "reading" in shown.getvalue()
