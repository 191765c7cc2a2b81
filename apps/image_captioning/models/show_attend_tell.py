"""An LSTM that looks at the picture again for each word.

`apps.image_captioning.model` builds it; `search` and `self_critical` write captions with it.
"""

from functools import partial
from typing import Any

import keras
from keras import ops

from apps.image_captioning.models.decoder import Decoder
from shared.decoding.step import repeat_beams
from shared.layers.tied_embedding import TiedEmbedding


@keras.saving.register_keras_serializable(package="brickyard")
class ShowAttendTell(Decoder, keras.Model):
    """Soft attention over the places of a grid, an LSTM, and a deep output.

        a_i = V f_i                                         the place, D wide, once a picture
        e_ti = v' tanh(K a_i + Q h_{t-1}),  alpha_t = softmax(e_t)
        z_t = sigmoid(b' h_{t-1}) sum_i alpha_ti a_i
        h_t, c_t = LSTM([E y_{t-1}; z_t], h_{t-1}, c_{t-1})
        logits = E' tanh(O [h_t; z_t; E y_{t-1}])

    with h_0 and c_0 from the mean of a. Source: Xu et al. 2015, Show, Attend and Tell, sections
    3.1 and 4.2 (arXiv:1502.03044). Different are that the places are brought to the width of the
    LSTM before it, so that each step costs less, and that the table of words serves for the logits
    too (Press and Wolf 2017, arXiv:1608.05859).

    In training, looking everywhere alike is asked for (section 4.2.1), here as a mean over R
    places and B captions:

        lambda mean_i (1 - sum_t alpha_ti)^2

    Args:
        vocabulary_size: V.
        embedding: E, the width of a word, of the deep output, and of the attention.
        units: D.
        dropout: of places, words and output, 0 to below 1.
        regularisation: lambda, from 0; may be changed before the model is compiled.
    """

    looks = True

    def __init__(
        self,
        *,
        vocabulary_size: int,
        embedding: int,
        units: int,
        dropout: float,
        regularisation: float = 0.0,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size, self.embedding_size = vocabulary_size, embedding
        self.units, self.dropout, self.regularisation = units, dropout, regularisation
        low = {"dtype": self.dtype_policy}
        dense = partial(keras.layers.Dense, **low)
        self.words = TiedEmbedding(
            vocabulary_size=vocabulary_size, size=embedding, name="words", **low
        )
        self.drop = keras.layers.Dropout(dropout, name="dropout", **low)
        self.values = dense(units, name="values")
        self.keys = dense(embedding, name="keys")
        self.first = dense(2 * units, activation="tanh", name="first")
        self.score = dense(1, use_bias=False, name="score")
        # What the LSTM makes of a word is known for all words before its first step.
        self.word_gates = dense(4 * units, name="word_gates")
        self.place_gates = dense(4 * units, use_bias=False, name="place_gates")
        # One product of h makes the query, the gate of the places, and the gates of the LSTM.
        self.recurrent = dense(embedding + 1 + 4 * units, name="recurrent")
        self.deep = dense(embedding, activation="tanh", name="deep")

    def build(self, input_shape: dict[str, Any]) -> None:
        """Makes all weights, for features (B, R, C)."""
        channels = input_shape["features"][-1]
        self.words.build((None, None))
        self.values.build((None, None, channels))
        self.keys.build((None, None, self.units))
        self.first.build((None, self.units))
        self.score.build((None, None, self.embedding_size))
        self.word_gates.build((None, None, self.embedding_size))
        self.place_gates.build((None, self.units))
        self.recurrent.build((None, self.units))
        self.deep.build((None, None, 2 * self.units + self.embedding_size))
        self.built = True

    def encode(self, features: Any, training: bool = False) -> dict[str, Any]:
        """Returns the memory of pictures: places, what they are found by, and the first state."""
        values = self.values(self.drop(features, training=training))
        first = self.first(ops.mean(values, axis=1))
        return {
            "values": values,  # (B, R, D)
            "keys": self.keys(values),  # (B, R, E)
            "state": (first[:, : self.units], first[:, self.units :]),
        }

    def decode(self, memory: dict[str, Any], target_ids: Any, training: bool = False) -> Any:
        """Returns logits (B, T, V) of one caption for each row of a memory."""
        words = self.drop(self.words(target_ids), training=training)
        weights = [self.recurrent.kernel, self.recurrent.bias, self.place_gates.kernel]
        attend = self._attention(memory, ops.reshape(self.score.kernel, (-1,)))

        def step(carry: Any, gates: Any) -> tuple[Any, Any]:
            new = self._step(carry[0], carry[1], gates, weights, attend)
            return new, new

        # TensorFlow's scan gives out what it carries, so places and weights are carried too.
        values = memory["values"]
        begin = (
            *memory["state"],
            ops.zeros_like(values[:, 0]),
            ops.zeros_like(values[:, :, 0]),
        )
        gates = ops.transpose(self.word_gates(words), (1, 0, 2))  # (T, B, 4 D)
        _, (hidden, _, places, alphas) = ops.scan(step, begin, gates)
        if training and self.regularisation:
            self.add_loss(self.regularisation * _unevenness(alphas, target_ids))
        seen = ops.transpose(ops.concatenate([hidden, places], axis=-1), (1, 0, 2))
        return self._logits(seen, words, training=training)

    def init_state(self, memory: dict[str, Any], max_steps: Any, *, beam_width: int = 1) -> Any:
        """Returns the state of `stepper` before the first word: h and c, each (B K, D)."""
        return repeat_beams(memory["state"], beam_width)

    def stepper(self, memory: dict[str, Any], max_steps: Any, *, beam_width: int = 1) -> Any:
        """Returns the step function of `shared.decoding`; all that does not change is read here.

        Args:
            memory: from `encode`.
            max_steps: most words of a caption.
            beam_width: K, rows of each picture.
        """
        weights = [ops.copy(self.recurrent.kernel), ops.copy(self.recurrent.bias)]
        weights.append(ops.copy(self.place_gates.kernel))
        attend = self._attention(
            memory, ops.copy(ops.reshape(self.score.kernel, (-1,))), beam_width=beam_width
        )

        def step(ids: Any, position: Any, state: Any) -> tuple[Any, Any, Any]:
            """Returns logits (R, V), the new state, and where it looked (R, places)."""
            words = self.words(ids)
            hidden, cell, places, alphas = self._step(
                state[0], state[1], self.word_gates(words), weights, attend
            )
            logits = self._logits(ops.concatenate([hidden, places], axis=-1), words)
            return logits, (hidden, cell), alphas

        return step

    def _attention(self, memory: dict[str, Any], score: Any, *, beam_width: int = 1) -> Any:
        """Returns a function from queries (B K, E) to places (B K, D) and weights (B K, R)."""
        keys, values = memory["keys"], memory["values"]
        places = ops.shape(keys)[1]

        def attend(query: Any) -> tuple[Any, Any]:
            queries = ops.reshape(query, (-1, beam_width, 1, self.embedding_size))
            found = ops.tanh(ops.expand_dims(keys, 1) + queries)  # (B, K, R, E)
            energies = ops.matmul(found, ops.expand_dims(score, -1))[..., 0]
            alphas = ops.softmax(energies, axis=-1)
            seen = ops.matmul(alphas, values)  # (B, K, D)
            return ops.reshape(seen, (-1, self.units)), ops.reshape(alphas, (-1, places))

        return attend

    def _step(
        self, hidden: Any, cell: Any, gates: Any, weights: list[Any], attend: Any
    ) -> tuple[Any, Any, Any, Any]:
        """Returns h, c, the places that are looked at, and how much at each."""
        kernel, bias, place_kernel = weights
        width = self.embedding_size
        told = ops.matmul(hidden, kernel) + bias
        places, alphas = attend(told[:, :width])
        places = ops.sigmoid(told[:, width : width + 1]) * places
        gates = gates + told[:, width + 1 :] + ops.matmul(places, place_kernel)
        take, forget, give, new = ops.split(gates, 4, axis=-1)
        # A forget gate that begins open (Jozefowicz, Zaremba, Sutskever 2015).
        cell = ops.sigmoid(forget + 1.0) * cell + ops.sigmoid(take) * ops.tanh(new)
        return ops.sigmoid(give) * ops.tanh(cell), cell, places, alphas

    def _logits(self, seen: Any, words: Any, training: bool = False) -> Any:
        deep = self.deep(ops.concatenate([seen, words], axis=-1))
        return self.words.logits(self.drop(deep, training=training))

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, for saving."""
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "embedding": self.embedding_size,
            "units": self.units,
            "dropout": self.dropout,
            "regularisation": self.regularisation,
        }


def _unevenness(alphas: Any, target_ids: Any) -> Any:
    """Returns mean_i (1 - sum_t alpha_ti)^2 of weights (T, B, R), without those of padding.

    A row that is all padding, where a picture has fewer captions than others, does not count.
    """
    real = ops.cast(ops.transpose(target_ids != 0), alphas.dtype)[..., None]
    uneven = ops.mean(ops.square(1.0 - ops.sum(alphas * real, axis=0)), axis=-1)  # (B,)
    told = ops.max(real[..., 0], axis=0)
    return ops.sum(uneven * told) / ops.maximum(ops.sum(told), 1.0)
