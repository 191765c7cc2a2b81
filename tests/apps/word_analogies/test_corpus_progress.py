"""What is shown on standard error, by a clock that the test moves."""

import io

import pytest
from rich.console import Console

from apps.word_analogies.corpus import progress
from apps.word_analogies.corpus.progress import PLAIN_SECONDS, counting_line


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_plain_lines_come_now_and_then(clock, capsys):
    with counting_line("counting") as show:
        show(10)
        clock.now += PLAIN_SECONDS
        show(3_000_000)
        show(3_000_001)
    said = capsys.readouterr()
    assert said.err == "counting: 3,000,000 words  100,000 words/s\n" and not said.out


def test_a_terminal_shows_the_name_at_once(clock):
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=True)
    with counting_line("encoding", unit="bytes", console=console) as show:
        clock.now += 1.0
        show(5)
    assert "encoding" in shown.getvalue()
