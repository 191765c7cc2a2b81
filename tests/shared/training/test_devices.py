"""Seed, determinism, precision and devices, each in processes of their own."""

import json
import re
import socket

import numpy as np
import pytest

from shared.files import read_arrays


@pytest.fixture(scope="module")
def one_device(zygote, tmp_path_factory):
    """A run without dropout on one device."""
    folder = tmp_path_factory.mktemp("one") / "run"
    assert zygote.run(folder, dropout=0.0) == 0, zygote.log.read_text()
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
    """Five rows do not divide by two, so this covers the padding of batches, too."""
    folder = tmp_path / "two"
    run = {"dropout": 0.0, "virtual_devices": 2, "runtime": {"devices": "all"}}
    assert zygote.run(folder, **run) == 0, zygote.log.read_text()
    assert_near(last_weights(one_device), last_weights(folder))
    expected, received = validation_scores(one_device), validation_scores(folder)
    np.testing.assert_allclose(received, expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("zygote", ["jax"], indirect=True)
def test_two_processes_train_in_step(zygote, another_zygote, one_device, tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        coordinator = f"127.0.0.1:{free.getsockname()[1]}"
    for process, where in enumerate((zygote, another_zygote)):
        runtime = {"coordinator": coordinator, "processes": 2, "process": process}
        # Process 1 would die of writing a file.
        where.start(tmp_path / "run", dropout=0.0, runtime=runtime, fatal=process)
    for where in (zygote, another_zygote):
        assert where.wait() == 0, where.log.read_text()
    digests = [
        re.findall("final weights: (.*)", where.log.read_text())[-1]
        for where in (zygote, another_zygote)
    ]
    assert digests[0] == digests[1]
    assert_near(last_weights(one_device), last_weights(tmp_path / "run"))


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("zygote", ["tensorflow"], indirect=True)
def test_half_precision_trains_and_resumes(zygote, tmp_path, precision):
    run = {"runtime": {"precision": precision}}
    assert zygote.run(tmp_path / "whole", **run) == 0, zygote.log.read_text()
    assert zygote.run(tmp_path / "killed", **run, checkpoint_steps=2, fatal=5) == -9
    assert zygote.run(tmp_path / "killed", **run, resume=True) == 0, zygote.log.read_text()
    whole, killed = (
        read_arrays(tmp_path / name / "state/training.npz") for name in ("whole", "killed")
    )
    del whole["about"], killed["about"]
    assert list(whole) == list(killed)
    assert all(whole[name].tobytes() == killed[name].tobytes() for name in whole)
    losses = [loss for loss, _ in validation_scores(tmp_path / "whole")]
    assert losses[-1] < losses[0]
