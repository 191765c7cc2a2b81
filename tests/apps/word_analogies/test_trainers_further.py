"""Going on from an earlier run: old words keep their vectors, new words get some."""

import json

import numpy as np
import pytest

from apps.word_analogies.trainers.further import start_tables
from apps.word_analogies.trainers.tables import CONTEXT_VECTORS, read_contexts
from apps.word_analogies.vectors import vectors_of_bundle
from shared.bundle import load
from shared.errors import BundleError, ConfigError
from shared.files import read_arrays, write_arrays
from shared.testing.cli import run_cli

NEW = ["grimbel", "snorvick", "plunther"]
TEXT = [f"the king and the {one} saw {other} in the palace" for one in NEW for other in NEW * 3] + [
    "the queen of ardonia"
]
# With so few words a block is full of repeated ones, whose gradients are summed.
GENTLE = ("--vectors.sample", 0, "--training.learning-rate", 0.005, "--training.batch-size", 32)


@pytest.fixture(scope="module")
def earlier(trained_run):
    return trained_run("word_analogies")


def go_on(earlier, folder, *flags):
    (folder / "text.txt").write_text("\n".join(TEXT) + "\n")
    return run_cli(
        "word-analogies", "train", "--preset", "smoke", "--data", folder / "text.txt",
        "--vectors.start", earlier, "--out", folder / "run", "--training.epochs", 1, *flags,
    )  # fmt: skip


def tables_of(run):
    bundle = load(run)
    return vectors_of_bundle(bundle), read_arrays(run / CONTEXT_VECTORS)["context_vectors"]


@pytest.mark.parametrize("trainer", ["keras", "gensim"])
def test_old_words_keep_their_vectors_and_new_ones_get_some(earlier, tmp_path, trainer):
    # Of so small a rate nothing is learnt.
    rate = ("--training.learning-rate", 1e-12, "--vectors.trainer", trainer)
    said = go_on(earlier, tmp_path, *rate)
    assert said.code == 0, said.err
    before, contexts_before = tables_of(earlier)
    after, contexts = tables_of(tmp_path / "run")
    assert set(after.words) == set(before.words) | {*NEW, "saw"}
    rows = after.ids(before.words)
    np.testing.assert_allclose(after.matrix[rows], before.matrix, rtol=1e-5)
    np.testing.assert_allclose(contexts[rows], contexts_before, rtol=1e-5)
    for word in NEW:
        # Fresh ones are small and differ; gensim draws up to 1 / size, word2vec.c up to half of it.
        assert 0 < np.abs(after[word]).max() <= 1 / 32
        assert np.abs(contexts[after.index[word]]).max() < 1e-9
    assert not np.array_equal(after[NEW[0]], after[NEW[1]])
    # Counts are added, and the most frequent word stays the first.
    told = sum(line.split().count("king") for line in TEXT)
    counts = [v.counts[v.index["king"]] for v in (before, after)]
    assert counts[1] - counts[0] == told == 27
    assert (np.diff(after.counts) <= 0).all()


def test_new_words_learn_where_they_belong(earlier, tmp_path):
    said = go_on(earlier, tmp_path, "--training.epochs", 30, *GENTLE)
    assert said.code == 0, said.err
    bundle = load(tmp_path / "run")
    near, far = bundle.predict(["grimbel ~ palace", "grimbel ~ reindeer"])
    assert near["similarity"] > far["similarity"] + 0.2
    rows = [json.loads(line) for line in (tmp_path / "run/metrics.jsonl").read_text().splitlines()]
    assert rows[-1]["loss"] < rows[0]["loss"]


def test_another_size_is_refused_before_anything_is_written(earlier, tmp_path):
    said = go_on(earlier, tmp_path, "--vectors.size", 16)
    assert said.code == 2
    assert "vectors.size 32" in said.err and "received 16" in said.err
    assert not (tmp_path / "run").exists()


def test_what_is_no_run_is_refused(tmp_path):
    said = go_on(tmp_path / "nowhere", tmp_path)
    assert said.code == 2 and "nowhere" in said.err
    assert not (tmp_path / "run").exists()


def test_tables_come_in_the_order_of_the_words(earlier):
    vectors, contexts = tables_of(earlier)
    words = ("new", *vectors.words[::-1])
    tables, there = start_tables(earlier, words, size=32)
    assert there.tolist() == [False] + [True] * len(vectors)
    np.testing.assert_array_equal(tables.words[1:], vectors.matrix[::-1])
    np.testing.assert_array_equal(tables.contexts[1:], contexts[::-1])
    assert start_tables(None, words, size=32) is None
    with pytest.raises(ConfigError, match=r"vectors\.size 32"):
        start_tables(earlier, words, size=31)


def test_a_run_without_contexts_begins_with_zeros(tmp_path):
    np.testing.assert_array_equal(read_contexts(tmp_path, (3, 2)), np.zeros((3, 2)))
    (tmp_path / CONTEXT_VECTORS).parent.mkdir()
    write_arrays(tmp_path / CONTEXT_VECTORS, {"context_vectors": np.zeros((2, 2))})
    with pytest.raises(BundleError, match=r"\(3, 2\) numbers"):
        read_contexts(tmp_path, (3, 2))
