"""Captions are drawn from the very distribution that is trained, by every decoder of the app."""

import keras
import numpy as np
import pytest

from apps.image_captioning.config import ImageCaptioningConfig, ModelConfig
from apps.image_captioning.model import build_captioner
from apps.image_captioning.preprocessing import END_ID, START_ID
from apps.image_captioning.self_critical.policy import BLOCKED_IDS, CaptionDraws, CaptionPolicy
from shared.decoding.sampling import draw
from shared.training.weights import to_array

WORDS, CAPTIONS, STEPS, WIDTH = 12, 4, 7, 16


@pytest.mark.parametrize("kind", ["show_and_tell", "show_attend_tell", "transformer"])
def test_what_is_drawn_is_what_the_policy_expects(kind):
    keras.utils.set_random_seed(3)
    # Dropout is what would tell training from drawing.
    model = ModelConfig(
        kind=kind, backbone="small", embedding=WIDTH, units=WIDTH, num_heads=2, dropout=0.5
    )
    decoder = build_captioner(ImageCaptioningConfig(model=model), vocabulary_size=WORDS).decoder
    for weight in decoder.trainable_variables:
        weight.assign(3.0 * to_array(weight))
    random = np.random.default_rng(4)
    features = random.normal(size=(5, 9, 96)).astype(np.float32)
    noise = random.random((5, CAPTIONS, STEPS), np.float32)
    draws = CaptionDraws(decoder, max_words=STEPS - 1)
    token_ids = draws.predict_on_batch({"features": features, "noise": noise})
    assert token_ids.shape == (5, CAPTIONS, STEPS) and token_ids.dtype == np.int32
    inside = token_ids != 0
    ends = (token_ids == END_ID).sum(axis=2)
    assert 0 < ends.sum() < ends.size and ends.max() == 1
    target_ids = np.concatenate(
        [np.full((5, CAPTIONS, 1), START_ID, np.int32), token_ids[:, :, :-1]], axis=2
    )
    target_ids[target_ids == END_ID] = 0
    logits = CaptionPolicy(decoder)({"features": features, "target_ids": target_ids}, training=True)
    assert (np.asarray(logits)[..., list(BLOCKED_IDS)] < -1e8).all()
    assert not np.isin(token_ids[inside], BLOCKED_IDS).any()
    again = draw(keras.ops.reshape(logits, (-1, WORDS)), noise.reshape(-1))
    np.testing.assert_array_equal(np.asarray(again).reshape(noise.shape)[inside], token_ids[inside])
    # Neither the pictures nor the draws of one picture are all alike.
    assert len({ids.tobytes() for some in token_ids for ids in some}) > 5


def test_noise_keeps_its_precision(monkeypatch):
    """Noise of bfloat16 would be 1.0 where it is nearly that, and draw what is never written."""
    seen = []

    def sample(*arguments, noise, **options):
        seen.append(noise.dtype)
        raise StopIteration

    monkeypatch.setattr("apps.image_captioning.self_critical.policy.sample", sample)
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = ModelConfig(backbone="small", embedding=WIDTH, units=WIDTH)
        config = ImageCaptioningConfig(model=model)
        decoder = build_captioner(config, vocabulary_size=WORDS).decoder
        draws = CaptionDraws(decoder, max_words=STEPS - 1)
        noise = np.full((1, 2, STEPS), 0.9999, np.float32)
        with pytest.raises(StopIteration):
            draws({"features": np.zeros((1, 9, 96), np.float32), "noise": noise})
    finally:
        keras.config.set_dtype_policy("float32")
    assert keras.backend.standardize_dtype(seen[0]) == "float32"
