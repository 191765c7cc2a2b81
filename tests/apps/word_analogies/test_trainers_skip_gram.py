"""The network against a slow walk over pairs, and one backend against the other."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from apps.word_analogies.trainers.skip_gram import SkipGram
from shared.config import TrainingConfig
from shared.files import read_arrays, write_arrays
from shared.training import build_optimizer
from shared.training.weights import to_array

WORDS, SIZE, ROW, ROWS, WINDOW, NEGATIVES, SHARED = 5, 3, 4, 2, 2, 3, 6
# Three words of five come over and over, also in one block.
SENTENCES = ([0, 1, 0, 0, 2, 1], [3, 3, 3, 4, 1, 0, 1, 2, 4], [2, 2], [4, 0, 4, 0, 4])
STEPS, RATE = 4, 0.1


def make_model():
    return SkipGram(
        vocabulary_size=WORDS,
        vector_size=SIZE,
        row=ROW,
        window=WINDOW,
        negatives=NEGATIVES,
        shared_negatives=SHARED,
    )


def make_text(seed):
    """Returns words, their sentence, how far each looks, and negatives of each row."""
    chance = np.random.default_rng(seed)
    order = chance.permutation(len(SENTENCES))
    words = np.concatenate([SENTENCES[number] for number in order])
    sentence = np.repeat(order, [len(SENTENCES[number]) for number in order])
    reach = chance.integers(1, WINDOW + 1, len(words))
    rows = -(-len(words) // ROW)
    return words, sentence, reach, chance.integers(WORDS, size=(rows, SHARED))


def neighbours(place, sentence, reach):
    """The places of the contexts of a word, by going there step by step."""
    found = []
    for step in (-1, 1):
        for distance in range(1, reach[place] + 1):
            there = place + step * distance
            if not 0 <= there < len(sentence) or sentence[there] != sentence[place]:
                break
            found.append(there)
    return found


def make_batch(text, *, blocks=None):
    """Lays a text out by hand, word by word."""
    words, sentence, reach, negatives = text
    filled = -(-len(words) // (ROW * ROWS))
    shape = (blocks or filled, ROWS, ROW)
    targets = ROW + 2 * WINDOW + SHARED
    batch = {name: np.zeros(shape, np.int32) for name in ("word_ids", "before", "after")}
    batch["target_ids"] = np.zeros((*shape[:2], targets), np.int32)
    for place, word in enumerate(words):
        row, column = divmod(place, ROW)
        block, row = divmod(row, ROWS)
        around = neighbours(place, sentence, reach)
        batch["word_ids"][block, row, column] = word
        batch["before"][block, row, column] = sum(there < place for there in around)
        batch["after"][block, row, column] = sum(there > place for there in around)
        for there in around:
            batch["target_ids"][block, row, there - place + column + WINDOW] = words[there]
        batch["target_ids"][block, row, -SHARED:] = negatives[place // ROW]
    return {**batch, "blocks": np.array([filled], np.int32)}


def make_tables(seed=0):
    chance = np.random.default_rng(seed)
    return [chance.normal(0, 0.7, (WORDS, SIZE)).astype(np.float32) for _ in range(2)]


def softplus(value):
    return np.logaddexp(0.0, value)


def learn_slowly(tables, text, rate):
    """Pair by pair in float64: gradients of a block are summed, and then applied."""
    v, u = (table.astype(np.float64) for table in tables)
    words, sentence, reach, negatives = text
    total, pairs = 0.0, 0
    for start in range(0, len(words), ROW * ROWS):
        dv, du = np.zeros_like(v), np.zeros_like(u)
        for place in range(start, min(len(words), start + ROW * ROWS)):
            w = words[place]
            for there in neighbours(place, sentence, reach):
                pairs += 1
                signed = [(words[there], 1, 1.0)]
                # Each pair has its share of all negatives of the row.
                signed += [(n, -1, NEGATIVES / SHARED) for n in negatives[place // ROW]]
                for target, sign, weight in signed:
                    margin = sign * (v[w] @ u[target])
                    total += weight * softplus(-margin)
                    slope = weight * sign / (1 + np.exp(margin))
                    dv[w] += slope * u[target]
                    du[target] += slope * v[w]
        v, u = v + rate * dv, u + rate * du
    return v, u, total / pairs, pairs


def make_optimizer():
    config = TrainingConfig(optimizer="sgd", learning_rate=RATE, schedule="linear")
    return build_optimizer(config, total_steps=STEPS)


def compiled(tables):
    model = make_model()
    model.word_vectors.assign(tables[0])
    model.context_vectors.assign(tables[1])
    model.compile(optimizer=make_optimizer())
    model.optimizer.build(model.trainable_variables)
    return model


def learn_by_network(tables):
    """Does all steps but the last, whose rate is zero, and returns tables and losses."""
    model = compiled(tables)
    losses = []
    for step in range(STEPS - 1):
        model.reset_metrics()
        losses.append(float(model.train_on_batch(make_batch(make_text(step), blocks=4))))
    return {
        "loss": np.array(float(model(make_batch(make_text(0), blocks=4)))),
        "words": to_array(model.word_vectors),
        "contexts": to_array(model.context_vectors),
        "losses": np.array(losses),
        "iterations": to_array(model.optimizer.iterations),
    }


def test_the_loss_is_the_mean_of_all_pairs():
    model, text = compiled(make_tables()), make_text(0)
    *_, loss, pairs = learn_slowly(make_tables(), text, 0.0)
    assert pairs > 40
    assert float(model(make_batch(text))) == pytest.approx(loss, rel=1e-5)
    np.testing.assert_array_equal(to_array(model.word_vectors), make_tables()[0])


def test_steps_are_those_of_pairs_block_after_block_at_a_falling_rate():
    v, u = make_tables()
    losses = []
    for step in range(STEPS - 1):
        # The rate of the linear schedule, as `shared.training.schedules` spells it out.
        rate = RATE * (STEPS - (step + 1)) / STEPS
        v, u, loss, _ = learn_slowly((v, u), make_text(step), rate)
        losses.append(loss)
    found = learn_by_network(make_tables())
    np.testing.assert_allclose(found["words"], v, rtol=1e-5, atol=2e-6)
    np.testing.assert_allclose(found["contexts"], u, rtol=1e-5, atol=2e-6)
    np.testing.assert_allclose(found["losses"], losses, rtol=1e-5)
    assert found["iterations"] == STEPS - 1
    assert np.abs(found["words"] - make_tables()[0]).max() > 0.2


def test_the_blocks_see_what_the_ones_before_them_have_learnt():
    """A test of the oracle: summed over all blocks at once, the numbers are others."""
    text = make_text(0)
    model = compiled(make_tables())
    batch = make_batch(text)
    model.train_on_batch(batch)
    joined = {name: a.reshape(1, -1, *a.shape[2:]) for name, a in batch.items() if a.ndim > 1}
    together = compiled(make_tables())
    together.train_on_batch({**joined, "blocks": np.array([1], np.int32)})
    gap = np.abs(to_array(model.word_vectors) - to_array(together.word_vectors)).max()
    assert gap > 1e-2


def trained_by(batch):
    model = compiled(make_tables())
    loss = float(model.train_on_batch(batch))
    return np.stack([to_array(model.word_vectors), to_array(model.context_vectors)]), loss


def test_padding_teaches_nothing():
    text = make_text(1)
    batch = make_batch(text, blocks=5)
    tables, loss = trained_by(batch)
    alone, alone_loss = trained_by(make_batch(text))
    np.testing.assert_array_equal(tables, alone)
    assert loss == alone_loss

    # Whatever stands at padding, where no window reaches, is not looked at.
    odd = {name: array.copy() for name, array in batch.items()}
    used = int(batch["blocks"][0])
    for name in ("word_ids", "target_ids", "before", "after"):
        odd[name][used:] = 1
    empty = len(text[0]) - len(text[0]) // (ROW * ROWS) * ROW * ROWS
    last = odd["word_ids"][used - 1].reshape(-1)
    last[empty:] = 3
    moved, moved_loss = trained_by(odd)
    np.testing.assert_array_equal(moved, tables)
    assert moved_loss == loss

    # At a real place it is.
    odd["before"][0, 0, 1] ^= 1
    assert np.abs(trained_by(odd)[0] - tables).max() > 1e-3


def test_a_batch_without_pairs_is_no_nan():
    batch = make_batch(make_text(0))
    nothing = {name: np.zeros_like(array) for name, array in batch.items()}
    tables, loss = trained_by(nothing)
    np.testing.assert_array_equal(tables, make_tables())
    assert loss == 0


def test_the_network_tells_its_settings():
    settings = make_model().get_config()
    again = SkipGram.from_config(settings)
    assert again.get_config() == settings
    assert again.word_vectors.shape == (WORDS, SIZE)


def test_another_backend_learns_the_same(tmp_path):
    here = learn_by_network(make_tables())
    environment = {
        **os.environ,
        "KERAS_BACKEND": "jax" if keras.backend.backend() == "tensorflow" else "tensorflow",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    command = [sys.executable, __file__, str(tmp_path / "learnt.npz")]
    result = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr[-3000:]
    there = read_arrays(tmp_path / "learnt.npz")
    assert str(there.pop("backend")) == environment["KERAS_BACKEND"]
    assert set(there) == set(here)
    for name, array in there.items():
        np.testing.assert_allclose(array, here[name], rtol=1e-5, atol=2e-6, err_msg=name)


if __name__ == "__main__":
    learnt = learn_by_network(make_tables())
    backend = np.array(keras.backend.backend())
    write_arrays(Path(sys.argv[1]), {**learnt, "backend": backend})
