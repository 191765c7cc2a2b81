"""Self-critical training: the gradient is that of the expected reward, which rises."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from tiny_decoder import TinyCaptioner, TinyDecoder

from apps.image_captioning.config import DecodingConfig, ImageCaptioningConfig, SelfCriticalConfig
from apps.image_captioning.preprocessing import END_ID, START_ID
from apps.image_captioning.self_critical.cider import CiderD
from apps.image_captioning.self_critical.policy import CaptionDraws
from apps.image_captioning.self_critical.stage import check_devices, self_critical_stage
from shared.config import TrainingConfig
from shared.errors import ConfigError
from shared.files import read_arrays
from shared.training import fit
from shared.training.weights import named_weights, to_array

KINDS = [[[4, 5, END_ID], [4, END_ID]], [[5, END_ID]], [[5, 4, 4, END_ID], [4, 4, END_ID]]]
WORDS = [END_ID, 4, 5]  # All that may be written.
CONFIG = ImageCaptioningConfig(
    decoding=DecodingConfig(max_words=2),
    self_critical=SelfCriticalConfig(epochs=1, learning_rate=0.02, batch_size=6, samples=4),
    training=TrainingConfig(checkpoint_steps=1, checkpoint_seconds=1e9),
)


def table():
    return np.random.default_rng(2).normal(size=(6, 6)).astype(np.float32)


def stage_of(images, *, config=CONFIG, validate=dict, start=None):
    """Returns a stage on so many images of the three kinds, and its captioner."""
    kinds = np.arange(images) % 3
    features = np.eye(3, dtype=np.float16)[kinds][:, None]
    captioner = TinyCaptioner(TinyDecoder(table() if start is None else start, channels=3))
    stage = self_critical_stage(
        config,
        captioner,
        features=lambda: features,
        references=[KINDS[kind] for kind in kinds],
        validate=validate,
        monitor="val_reward",
    )
    return stage, captioner


def step_of(stage, captioner, batch):
    """Returns how the decoder's weights change in a step of the rate 1 on a batch."""
    before = [to_array(weight) for weight in captioner.decoder.trainable_variables]
    stage.model.compile(keras.optimizers.SGD(1.0), stage.loss)
    inputs, labels, weights = batch
    stage.model.train_on_batch(inputs, labels, weights)
    after = [to_array(weight) for weight in captioner.decoder.trainable_variables]
    return [new - old for old, new in zip(before, after, strict=True)]


def probabilities(rows):
    """Returns softmax over what may be written, 0 elsewhere."""
    allowed = np.isin(np.arange(6), WORDS)
    powers = np.exp(rows - rows.max()) * allowed
    return powers / powers.sum()


def slope(ids):
    """Returns the gradient of log p of a caption by the table (6, 6), and by the rows' sum (6,)."""
    by_table, by_picture = np.zeros((6, 6)), np.zeros(6)
    for before, word in zip([START_ID, *ids], ids, strict=False):
        change = np.eye(6)[word] - probabilities(table()[before])
        by_table[before] += change
        by_picture += change
    return by_table, by_picture


@pytest.mark.parametrize("baseline", ["mean", "greedy"])
def test_a_step_is_that_of_reinforce(baseline):
    settings = replace(CONFIG.self_critical, baseline=baseline)
    stage, captioner = stage_of(6, config=replace(CONFIG, self_critical=settings))
    batch = stage.train[0]
    inputs, labels, _ = batch
    kinds = inputs["features"][:, 0].argmax(axis=1)
    cider = CiderD([KINDS[image % 3] for image in range(6)])
    likeliest = []
    while not likeliest or (likeliest[-1] != END_ID and len(likeliest) < 3):
        before = likeliest[-1] if likeliest else START_ID
        likeliest.append(int(probabilities(table()[before]).argmax()))
    expected = [np.zeros((6, 6)), np.zeros((3, 6))]
    for some, kind in zip(labels, kinds, strict=True):
        captions = [ids[ids != 0] for ids in some]
        rewards = cider.scores(captions, [kind] * 4)
        for one, ids in enumerate(captions):
            better = rewards[one] - np.delete(rewards, one).mean()
            if baseline == "greedy":
                better = rewards[one] - cider.scores([likeliest], [kind])[0]
            by_table, by_picture = slope(ids)
            expected[0] += better * by_table / 24
            expected[1][kind] += better * by_picture / 24
    changes = step_of(stage, captioner, batch)
    assert max(abs(expected[0]).max(), abs(expected[1]).max()) > 0.05
    for change, by_hand in zip(changes, expected, strict=True):
        np.testing.assert_allclose(change, by_hand, atol=2e-6)


@pytest.mark.parametrize("baseline", ["mean", "greedy"])
def test_the_mean_step_is_the_gradient_of_the_expected_reward(baseline):
    # 15 captions of three ids or less can be drawn: the expectation is a sum.
    captions, open_ones = [], [[]]
    for _ in range(3):
        longer = [[*ids, word] for ids in open_ones for word in WORDS]
        captions += [ids for ids in longer if ids[-1] == END_ID]
        open_ones = [ids for ids in longer if ids[-1] != END_ID]
    captions += open_ones
    images = 6000
    cider = CiderD([KINDS[image % 3] for image in range(images)])
    expected, total = [np.zeros((6, 6)), np.zeros((3, 6))], 0.0
    for ids in captions:
        chance = np.prod(
            [
                probabilities(table()[before])[word]
                for before, word in zip([START_ID, *ids], ids, strict=False)
            ]
        )
        total += chance
        by_table, by_picture = slope(ids)
        for kind, reward in enumerate(cider.scores([ids] * 3, [0, 1, 2])):
            expected[0] += chance * reward * by_table / 3
            expected[1][kind] += chance * reward * by_picture / 3
    assert len(captions) == 15 and total == pytest.approx(1.0)
    settings = replace(CONFIG.self_critical, baseline=baseline, batch_size=images)
    stage, captioner = stage_of(images, config=replace(CONFIG, self_critical=settings))
    changes = step_of(stage, captioner, stage.train[0])
    for change, exact in zip(changes, expected, strict=True):
        assert abs(exact).max() > 0.2
        np.testing.assert_allclose(change, exact, atol=0.03)


def test_the_expected_reward_rises_and_the_encoder_stays(tmp_path):
    noise = np.random.default_rng(5).random((3, 100, 3), np.float32)
    cider = CiderD(KINDS)

    def validate():
        drawn = CaptionDraws(captioner.decoder, max_words=2).predict_on_batch(
            {"features": np.eye(3, dtype=np.float32)[:, None], "noise": noise}
        )
        captions = [ids[ids != 0] for some in drawn for ids in some]
        return {"reward": cider.scores(captions, np.repeat(np.arange(3), 100)).mean()}

    settings = replace(CONFIG.self_critical, epochs=3, learning_rate=0.1)
    config = replace(CONFIG, self_critical=settings)
    stage, captioner = stage_of(90, config=config, validate=validate)
    before, other = validate()["reward"], to_array(captioner.other)
    history = fit([stage], tmp_path, config=config.training, seed=0)
    rewards = [row["val_reward"] for row in history.rows]
    # No caption of these has 4 words, so the highest of all is near 5.
    assert before < 1.5 and rewards[0] > before + 0.8 and rewards[-1] > 3.0
    assert rewards == sorted(rewards) and history.best == rewards[-1]
    assert to_array(captioner.other) == other
    written = read_arrays(tmp_path / "weights" / "last.npz")
    assert sorted(written) == sorted(named_weights(captioner))


def test_a_batch_is_drawn_with_the_weights_of_its_step():
    stage, captioner = stage_of(6)
    before = stage.train[0][1]
    np.testing.assert_array_equal(before, stage.train[0][1])
    captioner.decoder.table.assign(-table())
    after = stage.train[0][1]
    assert before.shape != after.shape or (before != after).any()
    # None is made ahead of its step, by which the weights would be older.
    assert stage.train.ahead == 0


def test_a_run_that_is_killed_in_an_epoch_ends_with_the_same_weights(tmp_path):
    # So high a rate that a step changes what is drawn for the next.
    settings = replace(CONFIG.self_critical, epochs=2, learning_rate=0.3)
    config = replace(CONFIG, self_critical=settings)

    def run(folder, *, fail_at=None, resume=False):
        stage, captioner = stage_of(24, config=config, validate=lambda: {"reward": 1.0})
        read = type(stage.train).__getitem__

        class Failing(type(stage.train)):
            def __getitem__(self, index):
                if index == fail_at:
                    raise OSError("the disk is gone")
                return read(self, index)

        stage.train.__class__ = Failing
        fit([stage], folder, config=config.training, seed=0, resume=resume)
        return [to_array(weight) for weight in captioner.decoder.trainable_variables]

    whole = run(tmp_path / "whole")
    with pytest.raises(OSError, match="the disk is gone"):
        run(tmp_path / "killed", fail_at=6)
    resumed = run(tmp_path / "killed", resume=True)
    for one, other in zip(whole, resumed, strict=True):
        np.testing.assert_array_equal(one, other)
    assert abs(whole[0] - table()).max() > 0.05


def test_a_backend_that_hides_its_weights_is_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ConfigError, match="TensorFlow backend and one device"):
        check_devices()
