"""Seed, determinism, precision and devices, each in processes of their own."""

import json
import os
import re
import signal
import socket
import time

import numpy as np
import pytest

from shared.files import read_arrays

# Dropout depends on how rows are split; twelve steps an epoch are more than the ten between two
# agreements of processes.
PLAIN = {"dropout": 0.0, "length": 12}


@pytest.fixture(scope="module")
def one_device(zygote, tmp_path_factory):
    """A run without dropout on one device."""
    folder = tmp_path_factory.mktemp("one") / "run"
    assert zygote.run(folder, **PLAIN) == 0, zygote.log.read_text()
    return folder


def last_weights(folder):
    return read_arrays(folder / "weights/last.npz")


def validation_scores(folder):
    rows = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    return [[row["val_loss"], row["val_accuracy"]] for row in rows]


def assert_near(weights, others):
    assert list(weights) == list(others)
    for name, array in weights.items():
        np.testing.assert_allclose(others[name], array, rtol=0, atol=1e-5, err_msg=name)


def test_one_seed_gives_the_same_bits_and_another_one_does_not(zygote, tmp_path):
    for folder, seed in (("second", 1), ("third", 2)):
        assert zygote.run(tmp_path / folder, seed=seed) == 0, zygote.log.read_text()
    first = last_weights(zygote.finished_run())
    second, third = last_weights(tmp_path / "second"), last_weights(tmp_path / "third")
    assert all((first[name] == second[name]).all() for name in first)
    assert any((first[name] != third[name]).any() for name in first)


def test_two_devices_of_one_host_train_as_one(zygote, one_device, tmp_path):
    """Five rows do not divide by two, so this covers the padding of batches, too.

    The run is killed and resumed in mid-epoch, which is another matter with two devices.
    """
    folder = tmp_path / "two"
    run = {**PLAIN, "virtual_devices": 2, "runtime": {"devices": "all"}}
    assert zygote.run(folder, **run, checkpoint_steps=2, fatal=5) == -signal.SIGKILL
    assert zygote.run(folder, **run, resume=True) == 0, zygote.log.read_text()
    assert_near(last_weights(one_device), last_weights(folder))
    expected, received = validation_scores(one_device), validation_scores(folder)
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("zygote", ["jax"], indirect=True)
def test_two_processes_train_in_step(zygote, another_zygote, one_device, tmp_path):
    """Both stop when one of them is asked to, and go on together."""
    folder, both = tmp_path / "run", (zygote, another_zygote)

    def start_both(**arguments):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            coordinator = f"127.0.0.1:{free.getsockname()[1]}"
        for number, where in enumerate(both):
            runtime = {"coordinator": coordinator, "processes": 2, "process": number}
            # Process 1 would die of writing a file.
            process = where.start(folder, runtime=runtime, fatal=number, **PLAIN, **arguments)
        return process

    second = start_both(seconds=0.05, checkpoint_steps=1)
    while not (folder / "state/training.npz").exists():
        time.sleep(0.01)
    os.kill(second, signal.SIGTERM)
    assert [where.wait() for where in both] == [130, 130], zygote.log.read_text()
    assert "Stopped after step 10 of stage 'one'" in zygote.log.read_text()
    start_both(resume=True)
    assert [where.wait() for where in both] == [0, 0], zygote.log.read_text()
    final = [re.findall("final weights: (.*)", where.log.read_text())[-1] for where in both]
    assert final[0] == final[1]
    assert_near(last_weights(one_device), last_weights(folder))


@pytest.mark.parametrize(
    "numbers",
    [{"precision": "mixed_bfloat16"}, {"precision": "mixed_float16"}, {"jit_compile": True}],
    ids=lambda numbers: str(*numbers.values()),
)
@pytest.mark.parametrize("zygote", ["tensorflow"], indirect=True)
def test_other_numbers_train_and_resume(zygote, tmp_path, numbers):
    run = {"runtime": numbers}
    assert zygote.run(tmp_path / "whole", **run) == 0, zygote.log.read_text()
    assert zygote.run(tmp_path / "killed", **run, checkpoint_steps=2, fatal=5) == -signal.SIGKILL
    assert zygote.run(tmp_path / "killed", **run, resume=True) == 0, zygote.log.read_text()
    whole, killed = (
        read_arrays(tmp_path / name / "state/training.npz") for name in ("whole", "killed")
    )
    del whole["about"], killed["about"]
    assert list(whole) == list(killed)
    assert all(whole[name].tobytes() == killed[name].tobytes() for name in whole)
    losses = [loss for loss, _ in validation_scores(tmp_path / "whole")]
    assert losses[-1] < losses[0]
