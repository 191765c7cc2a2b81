"""Training by gensim from the command line: as Keras does it, and per epoch."""

import json
import os
import shutil
import signal

import numpy as np
import pytest

from apps.word_analogies.trainers import gensim_trainer
from shared.bundle import load
from shared.files import read_arrays, write_arrays
from shared.testing.cli import run_cli

TINY = ("--preset", "smoke", "--vectors.trainer", "gensim", "--vectors.size", 8)
TINY = (*TINY, "--training.epochs", 3)


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
    out = tmp_path_factory.mktemp("gensim") / "run"
    said = train(out)
    assert said.code == 0, said.err
    return out


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A run that was asked to stop in its first epoch."""
    out, save = tmp_path_factory.mktemp("gensim") / "run", gensim_trainer._save

    def stop(*args):
        os.kill(os.getpid(), signal.SIGTERM)
        save(*args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gensim_trainer, "_save", stop)
        said = train(out)
    assert said.code == 130, said.err
    assert "after epoch 1 of 3" in said.err and "--resume" in said.err
    return out


def test_epochs_are_counted_and_the_rate_falls_to_nothing(run):
    rows, _, _ = results(run)
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    rates = [row["learning_rate"] for row in rows]
    assert rates == pytest.approx([0.05 * 2 / 3, 0.05 / 3, 0])


def test_vectors_belong_to_their_words(run):
    """gensim orders words as it likes; the trained ones must know their topics all the same."""
    bundle = load(run)
    (crown,) = bundle.predict(["crown ~ throne"])
    (other,) = bundle.predict(["crown ~ reindeer"])
    assert crown["similarity"] > other["similarity"] + 0.2


def test_a_stopped_and_resumed_run_ends_as_one_that_is_not(run, stopped, tmp_path):
    out = shutil.copytree(stopped, tmp_path / "run")
    assert run_cli("word-analogies", "predict", out, "king").code == 2
    said = train(out, "--resume")
    assert said.code == 0, said.err
    assert results(out) == results(run)
    # Once more changes nothing.
    assert train(out, "--resume").code == 0
    assert results(out) == results(run)


def damaged(path, change):
    arrays = read_arrays(path)
    change(arrays)
    write_arrays(path, arrays)


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:500]),
        lambda path: path.write_bytes(b"no archive"),
        lambda path: damaged(path, lambda arrays: arrays.pop("contexts")),
        lambda path: damaged(path, lambda arrays: arrays.update(rows=np.array("[{"))),
        lambda path: damaged(path, lambda arrays: arrays.update(words=arrays["words"][:-1])),
        lambda path: damaged(path, lambda arrays: arrays.update(words=arrays["words"][:, :-1])),
        lambda path: damaged(path, lambda arrays: arrays.update(contexts=np.zeros((1, 8)))),
    ],
)
def test_a_damaged_state_is_told_in_one_sentence(stopped, tmp_path, damage):
    out = shutil.copytree(stopped, tmp_path / "run")
    damage(out / "state" / "gensim.npz")
    said = train(out, "--resume")
    assert said.code == 2, said.err
    assert "Traceback" not in said.err
    assert "gensim.npz" in said.err.strip().splitlines()[-1]


def test_cbow_trains(tmp_path):
    said = train(tmp_path / "run", "--vectors.method", "cbow", "--training.epochs", 1)
    assert said.code == 0, said.err
    arrays = read_arrays(tmp_path / "run" / "weights" / "context_vectors.npz")
    assert np.abs(arrays["context_vectors"]).max() > 0.01


def test_what_cannot_be_is_refused_before_anything_is_written(tmp_path):
    said = train(tmp_path / "run", "--training.optimizer", "adam")
    assert said.code == 2 and "plain gradient descent" in said.err
    assert not (tmp_path / "run").exists()
