"""Training by Keras from the command line: repeated, stopped and gone on with, and refused."""

import json
import os
import signal

import numpy as np
import pytest

from apps.word_analogies.trainers.batches import SkipGramBatches
from shared.files import read_arrays
from shared.testing.cli import run_cli

TINY = ("--preset", "smoke", "--vectors.size", 8, "--training.batch-size", 32)
TINY = (*TINY, "--training.epochs", 2)


def train(out, *flags):
    return run_cli("word-analogies", "train", *TINY, "--out", out, *flags)


def results(run):
    """What a run leaves behind, but for its times."""
    rows = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    for row in rows:
        del row["seconds"], row["items_per_second"]
    weights = {
        (name, path): array.tobytes()
        for name in ("best.npz", "context_vectors.npz")
        for path, array in read_arrays(run / "weights" / name).items()
    }
    return rows, weights, json.loads((run / "manifest.json").read_text())["scores"]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    out = tmp_path_factory.mktemp("keras") / "run"
    said = train(out)
    assert said.code == 0, said.err
    return out


def test_the_loss_falls_and_all_is_counted(run):
    rows, _, scores = results(run)
    assert [row["epoch"] for row in rows] == [1, 2]
    assert rows[1]["loss"] < rows[0]["loss"] < 6 * np.log(2)
    # The rate of the linear schedule has come to nothing.
    assert rows[1]["learning_rate"] == 0 < rows[0]["learning_rate"]
    assert rows[1]["step"] == 2 * rows[0]["step"] > 40
    assert scores["sample/coverage_percent"] == 100
    assert not (run / "state" / "corpus").exists()
    assert not (run / "weights" / "last.npz").exists()


def test_a_run_that_is_stopped_and_resumed_ends_as_one_that_is_not(run, tmp_path, monkeypatch):
    out, make = tmp_path / "run", SkipGramBatches.__getitem__
    asked = []

    def make_and_stop(self, index):
        asked.append(index)
        if len(asked) == 20:
            os.kill(os.getpid(), signal.SIGTERM)
        return make(self, index)

    monkeypatch.setattr(SkipGramBatches, "__getitem__", make_and_stop)
    said = train(out)
    assert said.code == 130, said.err
    assert "--resume" in said.err
    assert not (out / "metrics.jsonl").exists()
    asked.clear()
    monkeypatch.setattr(SkipGramBatches, "__getitem__", lambda *a: asked.append(a[1]) or make(*a))
    said = train(out, "--resume")
    assert said.code == 0, said.err
    # Batch 0 is looked at for its structure.
    assert 0 < sorted(set(asked))[1] <= 20
    assert results(out) == results(run)

    # Once more changes nothing.
    said = train(out, "--resume")
    assert said.code == 0, said.err
    assert results(out) == results(run)
    assert run_cli("word-analogies", "predict", out, "king").code == 0


def test_another_seed_is_another_run(run, tmp_path):
    said = train(tmp_path / "run", "--seed", 5, "--training.epochs", 1)
    assert said.code == 0, said.err
    ours, others = results(tmp_path / "run")[1], results(run)[1]
    assert ours.keys() == others.keys()
    assert all(ours[name] != others[name] for name in ours)


@pytest.mark.parametrize(
    "flags, said",
    [
        (("--vectors.method", "cbow"), "--vectors.trainer gensim"),
        (("--training.optimizer", "adam"), "plain gradient descent"),
        (("--training.clip-norm", 1.0), "plain gradient descent"),
        (("--runtime.devices", "all"), "one device"),
        (("--runtime.precision", "mixed_bfloat16"), "precision float32"),
        (("--vectors.window", 0), "received vectors.window 0"),
        (("--vectors.row", 0), "received vectors.row 0"),
        (("--vectors.shared-negatives", 0), "received vectors.shared_negatives 0"),
        (("--training.batch-size", 0), "received training.batch_size 0"),
        (("--answers", 0, "--training.epochs", 0), "received training.epochs 0, answers 0"),
        (("--text.min-count", 0), "1 or more"),
        (("--data", "gensim:questions-words.txt"), "test set gensim:questions-words.txt"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(tmp_path, flags, said):
    found = train(tmp_path / "run", *flags)
    assert found.code == 2, found.err
    assert said in found.err
    assert "Traceback" not in found.err and len(found.err.strip().splitlines()) <= 3
    assert not (tmp_path / "run").exists()
