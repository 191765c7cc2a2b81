"""A run that is killed or stopped, and resumed, ends as if nothing had happened."""

import json
import os
import random
import signal
import time

import pytest

from shared.files import read_arrays


def results(folder):
    """Everything a run leaves behind, but for its times."""
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    for row in rows:
        del row["seconds"], row["items_per_second"]
    weights = {
        name: {path: array.tobytes() for path, array in read_arrays(folder / name).items()}
        for name in ("weights/best.npz", "weights/last.npz")
    }
    state = read_arrays(folder / "state/training.npz")
    del state["about"]
    return rows, weights, {name: array.tobytes() for name, array in state.items()}


@pytest.fixture(scope="module")
def uninterrupted(zygote):
    return results(zygote.finished_run())


def kill_after(process, path, states, seconds):
    """Kills a process some seconds after it has replaced a file so many times."""

    def identity():
        return (path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None

    seen = identity()
    while states:
        time.sleep(0.0005)
        if identity() != seen:
            seen, states = identity(), states - 1
    time.sleep(seconds)
    os.kill(process, signal.SIGKILL)


def test_killed_at_ten_random_moments(zygote, uninterrupted, tmp_path):
    folder, moment = tmp_path / "run", random.Random(3)
    for kill in range(10 if zygote.backend == "tensorflow" else 2):
        steps = moment.choice([1, 1, 2, 3])
        process = zygote.start(folder, resume=True, seconds=0.005, checkpoint_steps=steps)
        state = folder / "state/training.npz"
        kill_after(process, state, moment.randint(1, 3), moment.uniform(0, 0.02))
        assert zygote.wait() == -signal.SIGKILL, f"kill {kill}: {zygote.log.read_text()}"
    assert zygote.run(folder, resume=True) == 0, zygote.log.read_text()
    assert results(folder) == uninterrupted


def test_killed_between_two_file_operations(zygote, uninterrupted, tmp_path):
    """The end of an epoch writes five files, each with a flush and a rename; die at all of them."""
    if zygote.backend == "jax":
        pytest.skip("files are written in one way on all backends")
    folder = tmp_path / "run"
    for operation in range(1, 10):
        assert zygote.run(folder, resume=True, fatal=operation) == -signal.SIGKILL
    assert zygote.run(folder, resume=True) == 0, zygote.log.read_text()
    assert results(folder) == uninterrupted


@pytest.mark.parametrize(
    "number, slow", [(signal.SIGINT, "seconds"), (signal.SIGTERM, "validation_seconds")]
)
def test_signal_saves_and_says_how_to_go_on(zygote, uninterrupted, tmp_path, number, slow):
    folder = tmp_path / "run"
    # With five steps an epoch, the first state is saved when a validation is about to begin.
    steps = 1 if slow == "seconds" else 5
    process = zygote.start(folder, checkpoint_steps=steps, **{slow: 0.1})
    while not (folder / "state/training.npz").exists():
        time.sleep(0.001)
    os.kill(process, number)
    assert zygote.wait() == 130, zygote.log.read_text()
    said = zygote.log.read_text()
    assert "Go on with the same command and --resume" in said
    assert str(folder) in said
    assert not (folder / "metrics.jsonl").exists()
    assert zygote.run(folder, resume=True) == 0, zygote.log.read_text()
    assert results(folder) == uninterrupted
