"""Signals are heard inside the block alone, and the second one is not held back."""

import os
import signal

import pytest

from shared.training.stopping import StopRequest

SIGNALS = [signal.SIGINT, signal.SIGTERM]


@pytest.fixture
def handlers():
    before = [signal.getsignal(number) for number in SIGNALS]
    # A shell starts its background jobs with SIGINT ignored, and the tests may be one.
    usual = [signal.default_int_handler, signal.SIG_DFL]
    for number, handler in zip(SIGNALS, usual, strict=True):
        signal.signal(number, handler)
    yield usual
    for number, handler in zip(SIGNALS, before, strict=True):
        signal.signal(number, handler)


def test_handlers_are_restored(handlers):
    with StopRequest().listening() as stop:
        assert [signal.getsignal(number) for number in SIGNALS] != handlers
    assert [signal.getsignal(number) for number in SIGNALS] == handlers
    assert not stop.requested


def test_the_first_signal_is_noted_and_the_second_one_stops_at_once(handlers, capsys):
    with pytest.raises(KeyboardInterrupt), StopRequest().listening() as stop:
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.requested
        assert "once more to stop at once" in capsys.readouterr().err
        os.kill(os.getpid(), signal.SIGINT)
    assert [signal.getsignal(number) for number in SIGNALS] == handlers
