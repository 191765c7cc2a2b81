"""The decoder as self-critical training sees it: it draws captions, and says how likely they were.

    token_ids = CaptionDraws(decoder, max_words=24).predict_on_batch({"features", "noise"})
    logits = CaptionPolicy(decoder)({"features", "target_ids"})

Both are of one distribution: that of the decoder without dropout, over the ids that may be written.
Were they of two, the gradient of `batches` would not be that of the expected reward.
"""

from typing import Any

import keras
import numpy as np
from keras import ops

from apps.image_captioning.preprocessing import END_ID, PADDING_ID, START_ID, UNKNOWN_ID
from shared.decoding.sampling import sample
from shared.layers.constants import NEVER

BLOCKED_IDS = (PADDING_ID, UNKNOWN_ID, START_ID)


@keras.saving.register_keras_serializable(package="brickyard")
class CaptionDraws(keras.Model):
    """Draws K captions of each picture, each as often as the decoder expects it.

    Args:
        decoder: one of `apps.image_captioning.models`.
        max_words: of a caption, before its end.

    Call:
        {"features": float32 (B, R, C), "noise": float32 (B, K, T), uniform in [0, 1), with
        T = max_words + 1} -> int32 (B, K, T), the end included, 0 behind it; equal noise, equal
        captions. The pictures are encoded once for all K.
    """

    def __init__(self, decoder: keras.Model, *, max_words: int, **kwargs: Any):
        # Noise keeps its float32: half precision has too few numbers to draw a word by.
        super().__init__(autocast=False, **kwargs)
        self.decoder, self.max_words = decoder, max_words
        self.built = True

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """Returns ids (B, K, T)."""
        noise, steps = inputs["noise"], self.max_words + 1
        captions = noise.shape[1]
        memory = self.decoder.encode(inputs["features"])
        found = sample(
            self.decoder.stepper(memory, steps, beam_width=captions),
            self.decoder.init_state(memory, steps, beam_width=captions),
            batch=ops.shape(noise)[0] * captions,
            start_id=START_ID,
            end_id=END_ID,
            max_steps=steps,
            noise=ops.reshape(noise, (-1, steps)),
            blocked_ids=BLOCKED_IDS,
        )
        return ops.reshape(found.token_ids, (-1, captions, steps))


@keras.saving.register_keras_serializable(package="brickyard")
class CaptionPolicy(keras.Model):
    """Scores K captions of each picture, and is what self-critical training trains.

    Args:
        decoder: one of `apps.image_captioning.models`, whose weights these are.

    Call:
        {"features": float32 (B, R, C), "target_ids": int32 (B, K, T)}, the start in front and 0
        behind the last word -> logits float32 (B, K, T, V), about -1e9 for what is never written.
    """

    def __init__(self, decoder: keras.Model, **kwargs: Any):
        super().__init__(**kwargs)
        self.decoder = decoder
        self.built = True

    def call(self, inputs: dict[str, Any], training: bool = False) -> Any:
        """Returns logits, those of the decoder as it draws: also in training."""
        logits = self.decoder(inputs, training=False)
        bias = np.zeros(logits.shape[-1], "float32")
        bias[list(BLOCKED_IDS)] = NEVER
        return logits + bias
