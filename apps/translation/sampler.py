"""From source ids to translations drawn by chance, each as often as the network expects it.

`predict --sample` uses it where the likeliest translation is not all that is wanted.
"""

from typing import TYPE_CHECKING, Any

import keras
from keras import ops

from apps.translation.batches import END_ID, START_ID, UNKNOWN_ID
from apps.translation.translator import SPARE_STEPS
from shared.decoding.sampling import sample

if TYPE_CHECKING:
    from apps.translation.config import DecodingConfig
    from apps.translation.model import Transformer


@keras.saving.register_keras_serializable(package="brickyard")
class Sampler(keras.Model):
    """Draws one translation for each row of source ids.

    Args:
        network: has `encode`, `init_state` and `stepper`.
        config: gives the length penalty of the score, the size of n-grams that may not come twice,
            and how long translations may become.
        temperature: above 0; below 1 the likely becomes likelier.
        top_k: how many ids each draw is from; None for all.
        top_p: share of probability each draw is from; None for all.

    Call:
        {"source_ids": int32 (B, S), "noise": float32 (B, T), uniform in [0, 1)} -> what
        `Translator` returns for N = 1, with the attention; equal noise, equal translations.
    """

    def __init__(
        self,
        network: "Transformer",
        config: "DecodingConfig",
        *,
        temperature: float,
        top_k: int | None,
        top_p: float | None,
    ):
        super().__init__()
        self.network = network
        self.config = config
        self.temperature, self.top_k, self.top_p = temperature, top_k, top_p
        self.built = True

    def steps(self, length: int) -> int:
        """Returns T, the noise needed for sources of S tokens."""
        return int(length * self.config.max_ratio) + SPARE_STEPS

    def call(self, inputs: dict[str, Any], training: bool = False) -> dict[str, Any]:
        """Returns one translation a row."""
        source_ids, noise = inputs["source_ids"], inputs["noise"]
        rows, steps = ops.shape(noise)
        memory, mask = self.network.encode(source_ids)
        lengths = ops.cast(ops.sum(ops.cast(mask, "int32"), axis=1), "float32")
        found = sample(
            self.network.stepper(memory, mask, steps),
            self.network.init_state(rows, steps),
            batch=rows,
            start_id=START_ID,
            end_id=END_ID,
            max_steps=steps,
            noise=noise,
            temperature=self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            max_lengths=ops.cast(lengths * self.config.max_ratio, "int32") + SPARE_STEPS,
            length_penalty=self.config.length_penalty,
            blocked_ids=(UNKNOWN_ID,),
            no_repeat_ngram=self.config.no_repeat_ngram,
            source_size=ops.shape(source_ids)[1],
        )
        return {
            "token_ids": found.token_ids,
            "log_probability": found.log_probability,
            "score": found.score,
            "attention": found.attention,
        }
