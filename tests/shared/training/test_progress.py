"""The time left, with a clock that the test moves; and what is shown where there is no terminal."""

import io

import pytest
from rich.console import Console

from shared.training import progress
from shared.training.curve import draw_curve
from shared.training.history import write_rows
from shared.training.progress import RemainingTime, StageProgress


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_time_left_counts_steps_and_validations(clock):
    timer = RemainingTime(total_steps=30, steps_an_epoch=10)
    timer.epoch_begins(0)
    clock.now += 8.0
    assert timer.left(4) == pytest.approx(26 * 2.0)  # No validation is known yet.
    clock.now += 12.0
    timer.training_ends(10)
    clock.now += 5.0
    timer.epoch_ends()
    assert timer.left(10) == pytest.approx(20 * 2.0 + 2 * 5.0)
    timer.epoch_begins(10)
    clock.now += 20.0  # Five steps at twice the time: 40 s for 15 steps.
    assert timer.left(15) == pytest.approx(15 * 40 / 15 + 2 * 5.0)
    assert timer.left(30) == pytest.approx(0.0)


def test_a_resumed_stage_counts_its_own_steps(clock):
    timer = RemainingTime(total_steps=30, steps_an_epoch=10)
    timer.epoch_begins(17)
    clock.now += 6.0
    assert timer.left(19) == pytest.approx(11 * 3.0)


def test_plain_lines_come_now_and_then(clock, capsys):
    with StageProgress("one", total_steps=20, steps_an_epoch=10, done=0) as shown:
        shown.epoch_begins(done=0)
        assert not shown.due()
        clock.now += progress.PLAIN_SECONDS
        assert shown.due()
        shown.step(5, items=600, loss=0.25)
        assert not shown.due()
        shown.training_ends(10)
        row = {"stage": "one", "epoch": 1, "step": 10, "loss": 0.5, "items_per_second": 20.0}
        shown.epoch_ends(10, row, best=True)
    output = capsys.readouterr()
    assert output.out == ""
    first, second = output.err.splitlines()
    assert first == "one: step 5 of 20  loss 0.2500  20 items/s  1:30 left"
    assert second == "one: epoch 1  loss 0.5  20 items/s  0:30 left  (best)"


def test_a_terminal_shows_a_bar_and_keeps_a_line_an_epoch(clock):
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=120, color_system=None)
    with StageProgress("one", total_steps=20, steps_an_epoch=10, console=console) as shown:
        shown.epoch_begins(done=0)
        clock.now += 1.0
        assert shown.due()
        shown.step(5, items=60, loss=0.25)
        shown.training_ends(10)
        row = {"stage": "one", "epoch": 1, "step": 10, "loss": 0.5, "items_per_second": 20.0}
        shown.epoch_ends(10, row, best=False)
    drawn = screen.getvalue()
    assert "one epoch 1" in drawn
    assert "5/20 loss 0.2500  60 items/s  0:03 left" in drawn
    assert "10/20" in drawn
    assert "one: epoch 1  loss 0.5  20 items/s  0:01 left" in drawn


def test_rows_are_json_and_absent_scores_are_null(tmp_path):
    rows = [{"stage": "é", "val_bleu": float("nan")}, {"stage": "é", "val_bleu": 0.5}]
    write_rows(tmp_path / "metrics.jsonl", rows)
    text = (tmp_path / "metrics.jsonl").read_text(encoding="utf-8")
    assert text == '{"stage": "é", "val_bleu": null}\n{"stage": "é", "val_bleu": 0.5}\n'


def test_the_curve_shows_each_score_and_each_stage(tmp_path, monkeypatch):
    from matplotlib.axes import Axes

    drawn, borders = [], []
    plot, line = Axes.plot, Axes.axvline

    def remember(axes, x, y, **style):
        drawn.append((style["label"], list(x), y))
        return plot(axes, x, y, **style)

    monkeypatch.setattr(Axes, "plot", remember)
    monkeypatch.setattr(
        Axes, "axvline", lambda axes, x, **style: (borders.append(x), line(axes, x, **style))[1]
    )
    rows = [
        {"stage": "a", "epoch": 1, "loss": 3.0, "val_loss": 4.0, "seconds": 1.0},
        {"stage": "a", "epoch": 2, "loss": 2.0, "val_loss": 3.0, "seconds": 1.0},
        {"stage": "b", "epoch": 1, "loss": 1.0, "val_loss": 2.0, "seconds": 1.0},
    ]
    draw_curve(rows, tmp_path / "curve.png")
    epochs = [1, 2, 3]
    assert drawn == [("training", epochs, [3.0, 2.0, 1.0]), ("validation", epochs, [4.0, 3.0, 2.0])]
    assert borders == [2.5]
    assert (tmp_path / "curve.png").read_bytes().startswith(b"\x89PNG")
