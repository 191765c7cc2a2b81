"""A run that averages its weights, killed or stopped and resumed, ends as one that was not."""

import json
import os
import random
import signal
import time

import numpy as np
import pytest
from test_resume import kill_after, results
from tiny_run import BATCHES

from shared.files import read_arrays

# With five batches an epoch, gradients are under way between two epochs.
AVERAGED = {"ema": 0.9, "accumulate": 2}


@pytest.fixture(scope="module")
def uninterrupted(zygote, tmp_path_factory):
    folder = tmp_path_factory.mktemp("averaged") / "run"
    assert zygote.run(folder, **AVERAGED) == 0, zygote.log.read_text()
    return results(folder)


def test_killed_at_random_moments(zygote, uninterrupted, tmp_path):
    folder, moment = tmp_path / "run", random.Random(4)
    state = folder / "state/training.npz"
    for _ in range(3 if zygote.backend == "tensorflow" else 1):
        process = zygote.start(
            folder, resume=True, seconds=0.005, checkpoint_steps=moment.choice([1, 2]), **AVERAGED
        )
        kill_after(process, state, moment.randint(1, 4), moment.uniform(0, 0.02))
        assert zygote.wait() == -signal.SIGKILL, zygote.log.read_text()
    assert zygote.run(folder, resume=True, **AVERAGED) == 0, zygote.log.read_text()
    assert results(folder) == uninterrupted


def test_killed_between_the_state_and_what_follows_from_it(zygote, uninterrupted, tmp_path):
    if zygote.backend == "jax":
        pytest.skip("files are written in one way on all backends")
    folder = tmp_path / "run"
    for operation in (3, 4, 5):
        run = {"resume": True, "fatal": operation, **AVERAGED}
        assert zygote.run(folder, **run) == -signal.SIGKILL
    assert zygote.run(folder, resume=True, **AVERAGED) == 0, zygote.log.read_text()
    assert results(folder) == uninterrupted


def test_stopped_while_the_averages_are_scored(zygote, uninterrupted, tmp_path):
    folder = tmp_path / "run"
    process = zygote.start(folder, checkpoint_steps=BATCHES, validation_seconds=0.1, **AVERAGED)
    while not (folder / "state/training.npz").exists():
        time.sleep(0.001)
    os.kill(process, signal.SIGTERM)
    assert zygote.wait() == 130, zygote.log.read_text()
    assert not (folder / "metrics.jsonl").exists()
    assert zygote.run(folder, resume=True, **AVERAGED) == 0, zygote.log.read_text()
    assert results(folder) == uninterrupted


@pytest.mark.slow
def test_two_devices_average_as_one(zygote, tmp_path):
    plain = {"dropout": 0.0, "ema": 0.9}
    two = {"virtual_devices": 2, "runtime": {"devices": "all"}}
    assert zygote.run(tmp_path / "one", **plain) == 0, zygote.log.read_text()
    assert zygote.run(tmp_path / "two", **plain, **two) == 0, zygote.log.read_text()
    one, other = (read_arrays(tmp_path / name / "weights/last.npz") for name in ("one", "two"))
    for name, array in one.items():
        np.testing.assert_allclose(other[name], array, rtol=0, atol=1e-5, err_msg=name)
    texts = [(tmp_path / name / "metrics.jsonl").read_text() for name in ("one", "two")]
    scores = [[json.loads(line)["val_loss"] for line in text.splitlines()] for text in texts]
    np.testing.assert_allclose(*scores, rtol=0, atol=1e-5)
