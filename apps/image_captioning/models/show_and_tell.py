"""An LSTM that sees the picture once, before the first word.

`apps.image_captioning.model` builds it; `search` and `self_critical` write captions with it.
"""

from typing import Any

import keras
from keras import ops

from apps.image_captioning.models.decoder import Decoder
from shared.decoding.step import repeat_beams
from shared.layers.tied_embedding import TiedEmbedding


@keras.saving.register_keras_serializable(package="brickyard")
class ShowAndTell(Decoder, keras.Model):
    """A picture is the first word that an LSTM reads.

        x_{-1} = P mean_i f_i,    x_t = E y_t
        h_t, c_t = LSTM(x_t, h_{t-1}, c_{t-1})
        logits = E' O h_t

    Source: Vinyals et al. 2015, Show and Tell, section 3.1 (arXiv:1411.4555). Different is that the
    table of words serves for the logits too (Press and Wolf 2017, arXiv:1608.05859).

    Args:
        vocabulary_size: V.
        embedding: E, the width of a word.
        units: D, of the LSTM.
        dropout: of the picture, words and output, 0 to below 1.
    """

    looks = False

    def __init__(
        self, *, vocabulary_size: int, embedding: int, units: int, dropout: float, **kwargs: Any
    ):
        super().__init__(**kwargs)
        self.vocabulary_size, self.embedding_size = vocabulary_size, embedding
        self.units, self.dropout = units, dropout
        self.words = TiedEmbedding(vocabulary_size=vocabulary_size, size=embedding, name="words")
        self.drop = keras.layers.Dropout(dropout, name="dropout")
        self.picture = keras.layers.Dense(embedding, name="picture")
        self.lstm = keras.layers.LSTM(units, return_sequences=True, name="lstm")
        self.told = keras.layers.Dense(embedding, name="told")

    def build(self, input_shape: dict[str, Any]) -> None:
        """Makes all weights, for features (B, R, C)."""
        self.words.build((None, None))
        self.picture.build((None, input_shape["features"][-1]))
        self.lstm.build((None, None, self.embedding_size))
        self.told.build((None, None, self.units))
        self.built = True

    def encode(self, features: Any, training: bool = False) -> tuple[Any, Any]:
        """Returns the memory of pictures: h and c after they were seen, each (B, D)."""
        seen = self.drop(ops.mean(features, axis=1), training=training)
        nothing = ops.zeros((ops.shape(features)[0], self.units), self.compute_dtype)
        _, (hidden, cell) = self.lstm.cell(self.picture(seen), [nothing, nothing])
        return hidden, cell

    def decode(self, memory: Any, target_ids: Any, training: bool = False) -> Any:
        """Returns logits (B, T, V) of one caption for each row of a memory."""
        words = self.drop(self.words(target_ids), training=training)
        hidden = self.lstm(words, initial_state=list(memory))
        return self._logits(hidden, training=training)

    def init_state(self, memory: Any, max_steps: Any, *, beam_width: int = 1) -> Any:
        """Returns the state of `stepper` before the first word: h and c, each (B K, D)."""
        return repeat_beams(memory, beam_width)

    def stepper(self, memory: Any, max_steps: Any, *, beam_width: int = 1) -> Any:
        """Returns the step function of `shared.decoding`; it looks nowhere."""

        def step(ids: Any, position: Any, state: Any) -> tuple[Any, Any, None]:
            """Returns logits (R, V), the new state, and None."""
            _, (hidden, cell) = self.lstm.cell(self.words(ids), list(state))
            return self._logits(hidden), (hidden, cell), None

        return step

    def _logits(self, hidden: Any, training: bool = False) -> Any:
        return self.words.logits(self.drop(self.told(hidden), training=training))

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, for saving."""
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding": self.embedding_size,
            "units": self.units,
            "dropout": self.dropout,
        }
