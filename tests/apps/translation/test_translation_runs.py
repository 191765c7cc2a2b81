"""Whole runs: started from another one, stopped early, killed, and of two vocabularies."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from apps.translation.app import Translation
from apps.translation.config import (
    DecodingConfig,
    ModelConfig,
    PairsConfig,
    TokensConfig,
    TranslationConfig,
)
from apps.translation.sample import sample_pairs
from apps.translation.settings import check_settings
from shared.bundle import load
from shared.config import TrainingConfig, to_dict
from shared.errors import BundleError, ConfigError, DataError, UserError
from shared.files import read_arrays
from shared.testing.cli import run_cli

pytest.importorskip("sentencepiece")
APP = Translation()
PAIRS = sample_pairs(0, 260)
TINY = TranslationConfig(
    pairs=PairsConfig(source="en", target="fr", validation_size=8, test_size=8),
    tokens=TokensConfig(vocabulary_size=90),
    model=ModelConfig(layers=1, size=8, num_heads=2, units=8, dropout=0.1),
    decoding=DecodingConfig(beam_width=1, max_ratio=1.0),
    training=TrainingConfig(epochs=1, learning_rate=0.01),
    batch_tokens=400,
    average=1,
)
STILL = replace(TINY.training, learning_rate=0.0)


def write(path, pairs):
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs), "utf-8")
    return str(path)


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    return tmp_path_factory.mktemp("translation_runs")


@pytest.fixture(scope="module")
def first(work):
    """A run on the first 200 pairs."""
    config = replace(TINY, data=write(work / "first.tsv", PAIRS[:200]))
    return APP.train(config, work / "first")


def weights(bundle):
    return read_arrays(bundle.path / "weights/best.npz")


def test_a_run_goes_on_from_another(first, work):
    new = [*PAIRS[200:], ("It is 語.", "Il est 語.")]
    config = replace(
        TINY,
        data=write(work / "second.tsv", new),
        pairs=replace(TINY.pairs, source="", target=""),
        start=first.path,
        training=STILL,
    )
    second = APP.train(config, work / "second")
    # A rate of 0 leaves every weight where it started.
    for name, array in weights(first).items():
        np.testing.assert_array_equal(weights(second)[name], array)
    assert second.preprocessing == first.preprocessing
    assert second.manifest["lineage"] == first.manifest["lineage"] == first.manifest["run"]
    assert second.manifest["run"] != first.manifest["run"]
    assert second.manifest["data"]["languages"] == ["en", "fr"]
    assert second.manifest["data"]["cleaning"]["unknown"] == 1
    third = APP.train(
        replace(config, data=write(work / "third.tsv", PAIRS[100:160]), start=second.path),
        work / "third",
    )
    # What any run of the line was trained on says nothing about the last.
    names = [part["name"] for part in third.manifest["trained_before"]]
    assert names == ["first.tsv", "second.tsv"]
    for source in ("first.tsv", "second.tsv"):
        said = run_cli(
            *("translation", "evaluate", third.path, "--data", work / source, "--split", "train")
        )
        assert said.code == 2 and f"was trained on {source}" in said.err
    # Nothing but its own folder is needed to use it.
    first.path.rename(work / "away")
    try:
        assert load(third.path).predict(["She is old."])[0].keys() >= {"answer"}
    finally:
        (work / "away").rename(first.path)


def test_runs_that_one_cannot_go_on_from(first, work, tmp_path):
    config = replace(TINY, data=str(work / "first.tsv"), start=first.path)

    def refused(kind, **changes):
        with pytest.raises(kind) as caught:
            APP.train(replace(config, **changes), tmp_path / "run")
        assert not (tmp_path / "run").exists()
        return str(caught.value)

    said = refused(
        ConfigError,
        model=replace(TINY.model, layers=2, dropout=0.3),
        tokens=replace(TINY.tokens, method="unigram"),
    )
    assert "model.layers 1, tokens.method bpe, received model.layers 2, tokens.method uni" in said
    assert "dropout" not in said and "--config" in said
    said = refused(UserError, pairs=replace(TINY.pairs, target="de"))
    assert "pairs of en to fr" in said and "received en to de" in said
    # Another seed holds back other pairs, on which the first run was trained.
    said = refused(DataError, seed=1)
    assert "the validation part of first.tsv, the test part of first.tsv" in said
    held = write(work / "valid.tsv", [])
    Path(held).write_bytes((work / "first.tsv").read_bytes())
    (work / "folder").mkdir()
    Path(held).rename(work / "folder/valid.tsv")
    write(work / "folder/train.tsv", sample_pairs(5, 40))
    assert "validation part of valid.tsv" in refused(DataError, data=str(work / "folder"))
    write(work / "chinese.tsv", [(f"語{n}", f"言{n}") for n in range(30)])
    assert "tokens do not know" in refused(DataError, data=str(work / "chinese.tsv"))
    assert "run folder" in refused(BundleError, start=tmp_path / "nothing")


def test_a_run_whose_tokens_were_exchanged_is_refused(first, tmp_path):
    import shutil

    folder = tmp_path / "run"
    shutil.copytree(first.path, folder)
    other = APP.fit_preprocessing(replace(TINY, seed=1), PAIRS[100:])
    other.save(folder / "assets")
    with pytest.raises(BundleError, match=r"changed since training: assets/tokens\.model"):
        load(folder)
    # Even with its digest mended the weights do not fit another number of pieces.
    config = replace(TINY, tokens=replace(TINY.tokens, vocabulary_size=91))
    APP.fit_preprocessing(config, PAIRS).save(folder / "assets")
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in list(manifest["files"]):
        if name.startswith("assets"):
            del manifest["files"][name]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BundleError, match=r"'embedding/table' of shape \(90, 8\) instead of \(91"):
        load(folder)


def test_training_stops_when_validation_bleu_does(work, monkeypatch):
    from apps.translation.scoring import scores

    bleu = iter([1.0, 3.0, 2.0, 2.5, 9.0])
    monkeypatch.setattr(scores, "cased_bleu", lambda *texts: next(bleu))
    config = replace(
        TINY,
        data=write(work / "early.tsv", PAIRS[:80]),
        training=replace(TINY.training, epochs=5, patience=2),
    )
    APP.train(config, work / "early")
    rows = [json.loads(line) for line in (work / "early/metrics.jsonl").read_text().splitlines()]
    assert [row["val_bleu"] for row in rows] == [1.0, 3.0, 2.0, 2.5]


KILLED = """
import json, os, signal, sys
from pathlib import Path
from apps.translation.app import Translation
from apps.translation.config import TranslationConfig
from shared.config import load_config

config = load_config(TranslationConfig(), Path(sys.argv[1]))
replace_file, states = os.replace, []

def replace_and_die(source, target, **kwargs):
    replace_file(source, target, **kwargs)
    if Path(target).name == "training.npz":
        states.append(target)
        if len(states) == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)

os.replace = replace_and_die
Translation().train(config, Path(sys.argv[2]))
"""


def test_a_killed_run_ends_with_the_same_weights(work, tmp_path):
    """With words cut anew in each epoch, and gradients gathered over its end."""
    config = replace(
        TINY,
        data=write(work / "killed.tsv", PAIRS[:120]),
        tokens=replace(TINY.tokens, dropout=0.1),
        training=replace(TINY.training, epochs=3, accumulate=2, checkpoint_steps=1),
        average=2,
    )
    settings = tmp_path / "config.json"
    settings.write_text(json.dumps(to_dict(config)))
    whole = APP.train(config, tmp_path / "whole")
    rows = [json.loads(line) for line in (whole.path / "metrics.jsonl").read_text().splitlines()]
    steps = rows[0]["step"]
    assert steps % 2 and len(rows) == 3  # else no gradient would be under way between two epochs
    killed = subprocess.run(
        # In the midst of the second epoch, with a state saved after each step and each epoch.
        [sys.executable, "-c", KILLED, settings, tmp_path / "killed", str(steps + 3)],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert (
        not (tmp_path / "killed/weights/best.npz").exists()
        or len((tmp_path / "killed/metrics.jsonl").read_text().splitlines()) == 1
    )
    resumed = APP.train(config, tmp_path / "killed", resume=True)
    for name, array in weights(whole).items():
        np.testing.assert_array_equal(weights(resumed)[name], array, err_msg=name)
    assert resumed.manifest["scores"] == whole.manifest["scores"]


def test_two_vocabularies_are_served_as_they_answer(work):
    from apps.translation.answering.answer import answer
    from apps.translation.serving import build_served

    pytest.importorskip("tensorflow_text")
    config = replace(
        TINY,
        data=write(work / "two.tsv", PAIRS),
        tokens=TokensConfig(vocabulary_size=80, joint=False, method="unigram"),
        decoding=DecodingConfig(beam_width=3, n_best=2, coverage_penalty=0.2, no_repeat_ngram=2),
    )
    bundle = APP.train(config, work / "two")
    assert bundle.preprocessing.source != bundle.preprocessing.target
    items = ["She is old.", "Do you see an old owl?", "語 \u00e9", "x"]
    mine = answer(bundle, items)
    served = build_served(bundle).signatures["serving_default"](**APP.requests(items))
    assert mine.keys() == served.keys()
    for name, value in mine.items():
        other = served[name].numpy()
        if value.dtype == object:
            assert value.tolist() == other.tolist(), name
        else:
            np.testing.assert_allclose(value, other, atol=1e-4, err_msg=name)
    # The pieces of each side are those of its own vocabulary, and no two of them come twice.
    for row in mine["target_tokens"]:
        pieces = [piece for piece in row.tolist() if piece]
        assert len(set(pairwise(pieces))) == max(0, len(pieces) - 1)
        assert {piece.decode() for piece in pieces} <= set(bundle.preprocessing.target.pieces)


def test_settings_that_make_no_sense_are_told_at_once():
    check_settings(TINY)
    bad = replace(
        TINY,
        model=replace(TINY.model, size=9, dropout=1.0),
        decoding=replace(TINY.decoding, n_best=2, no_repeat_ngram=-1),
        tokens=replace(TINY.tokens, dropout=float("nan")),
        training=replace(TINY.training, accumulate=0),
        average=0,
    )
    with pytest.raises(ConfigError) as caught:
        check_settings(bad)
    for name in (
        "model.size 9",
        "model.dropout 1.0",
        "decoding.n_best 2, more than decoding.beam_width 1",
        "decoding.no_repeat_ngram -1",
        "tokens.dropout nan",
        "training.accumulate 0",
        "average 0",
    ):
        assert name in str(caught.value)
    assert "\n" not in str(caught.value)
