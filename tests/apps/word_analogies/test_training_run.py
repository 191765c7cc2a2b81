"""Whole runs on unusual text, and what a run folder holds."""

import json

import numpy as np
import pytest

from apps.word_analogies.config import TextConfig, WordAnalogiesConfig
from apps.word_analogies.corpus.encoded import encode, open_encoded
from apps.word_analogies.evaluation.lsa import train_lsa
from apps.word_analogies.vectors import vectors_of_bundle
from shared.bundle import load
from shared.files import read_arrays
from shared.testing.cli import run_cli

TINY = ("--preset", "smoke", "--vectors.trainer", "gensim", "--vectors.size", 6)
TINY = (*TINY, "--training.epochs", 1)


def train(folder, text, *flags):
    (folder / "text.txt").write_text(text, encoding="utf-8")
    command = ("word-analogies", "train", *TINY, "--data", folder / "text.txt")
    return run_cli(*command, "--out", folder / "run", *flags)


def test_text_without_a_known_question_trains_and_says_that_it_has_no_score(tmp_path):
    said = train(tmp_path, "zzyl qorv plimt zzyl.\nqorv zzyl snarf plimt snarf.\n" * 20)
    assert said.code == 0, said.err
    assert said.err.count("not scored") == 1 and "Traceback" not in said.err
    bundle = load(tmp_path / "run")
    assert bundle.manifest["scores"] == {}
    assert set(bundle.preprocessing.words) == {"zzyl", "qorv", "plimt", "snarf"}
    assert run_cli("word-analogies", "predict", tmp_path / "run", "zzyl").code == 0


def test_questions_of_ones_own_are_scored(tmp_path):
    (tmp_path / "own.txt").write_text(": letters\nzzyl qorv plimt snarf\n")
    text = "zzyl qorv plimt zzyl.\nqorv zzyl snarf plimt snarf.\n" * 20
    said = train(tmp_path, text, "--questions", tmp_path / "own.txt")
    assert said.code == 0, said.err
    scores = load(tmp_path / "run").manifest["scores"]
    assert scores["own/coverage_percent"] == 100
    assert scores["own/accuracy_percent"] in (0, 100)


@pytest.mark.parametrize(
    "text, said",
    [
        ("word " * 50, "two words or more, received 1"),
        ("", "received an empty file"),
        ("... !!! ,,,\n", "with words, received none"),
        ("each word of this comes but once", "two words or more, received 0"),
    ],
)
def test_text_without_a_vocabulary_is_refused(tmp_path, text, said):
    found = train(tmp_path, text)
    assert found.code == 2, found.err
    assert said in found.err and "Traceback" not in found.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("trainer", ["keras", "gensim"])
def test_a_vocabulary_of_two_words(tmp_path, trainer):
    flags = ("--vectors.trainer", trainer, "--runtime.no-jit-compile")
    said = train(tmp_path, "Night and\nnight and night.\n" * 3, *flags)
    assert said.code == 0, said.err
    bundle = load(tmp_path / "run")
    vectors = vectors_of_bundle(bundle)
    assert vectors.words == ("night", "and") and vectors.counts.tolist() == [9, 6]
    assert bundle.predict(["night"])[0]["answer"] == "and"
    assert bundle.predict(["and ~ and"])[0]["similarity"] == pytest.approx(1)


def test_the_baseline_counts_and_factors_the_ids_of_the_text(tmp_path):
    flags = ("--vectors.trainer", "lsa", "--vectors.window", 3)
    said = run_cli("word-analogies", "train", *TINY, *flags, "--out", tmp_path / "run")
    assert said.code == 0, said.err
    bundle = load(tmp_path / "run")
    config = WordAnalogiesConfig(text=TextConfig(min_count=2))
    corpus = bundle.app.load_data(config).train
    encode(corpus.sentences(), bundle.preprocessing.words, tmp_path)
    words = bundle.preprocessing.words
    ids = open_encoded(tmp_path, words).ids
    expected = train_lsa(ids, words, size=6, window=3, max_words=len(words), seed=0)
    np.testing.assert_allclose(
        vectors_of_bundle(bundle).matrix, expected.matrix, rtol=1e-4, atol=1e-5
    )
    assert bundle.manifest["scores"]["sample/coverage_percent"] == 100
    found = run_cli(
        "word-analogies", "train", *TINY, *flags, "--vectors.start", tmp_path / "run",
        "--out", tmp_path / "other",
    )  # fmt: skip
    assert found.code == 2 and "no vectors.start with the lsa trainer" in found.err
    assert not (tmp_path / "other").exists()


def test_text_is_nothing_to_evaluate_by(trained_run, tmp_path):
    (tmp_path / "text.txt").write_text("the king and the queen\n" * 9)
    said = run_cli(
        "word-analogies", "evaluate", trained_run("word_analogies"), "--data", tmp_path / "text.txt"
    )
    assert said.code == 2 and "Traceback" not in said.err, said.err


def test_phrases_and_case_are_those_of_the_settings(tmp_path):
    text = "We saw New York today.\nNew York is far.\nNew York and we.\n" * 20
    flags = ("--text.phrase-passes", 1, "--text.phrase-threshold", 0.2, "--text.no-lower")
    said = train(tmp_path, text, *flags)
    assert said.code == 0, said.err
    bundle = load(tmp_path / "run")
    assert "New_York" in bundle.preprocessing.words
    assert not bundle.preprocessing.lower
    right, wrong = bundle.predict(["New_York", "new_york"])
    assert "error" not in right and wrong["unknown_words"] == ["new_york"]


def test_a_run_holds_what_is_needed_and_no_more(trained_run):
    run = trained_run("word_analogies")
    names = {path.relative_to(run).as_posix() for path in run.rglob("*") if path.is_file()}
    assert names >= {
        "assets/vocabulary.txt", "assets/counts.txt", "assets/phrases.txt",
        "weights/best.npz", "weights/context_vectors.npz",
    }  # fmt: skip
    assert not any(name.startswith("state/corpus") for name in names)
    assert "weights/last.npz" not in names
    assert {"assets/counts.txt", "weights/context_vectors.npz"} <= set(
        json.loads((run / "manifest.json").read_text())["files"]
    )


def test_the_sample_is_learnt(trained_run):
    run = trained_run("word_analogies")
    assert load(run).manifest["scores"]["sample/accuracy_percent"] > 80
    (best,) = load(run).predict(["king - man + woman"])
    assert best["answer"] == "queen"


def test_the_table_that_answers_is_the_one_that_was_trained(trained_run):
    """Rows of unit length and their lengths, behind those of padding and the unknown word."""
    run = trained_run("word_analogies")
    arrays = read_arrays(run / "weights" / "best.npz")
    unit, norms = sorted(arrays.values(), key=lambda array: -array.ndim)
    assert not unit[:2].any() and not norms[:2].any()
    np.testing.assert_allclose(np.linalg.norm(unit[2:], axis=1), 1, rtol=1e-5)
    vectors = vectors_of_bundle(load(run))
    np.testing.assert_allclose(np.linalg.norm(vectors.matrix, axis=1), norms[2:], rtol=1e-5)
