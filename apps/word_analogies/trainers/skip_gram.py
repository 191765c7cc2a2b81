"""Skip-gram with negative sampling as dense matrix products: the network of the `keras` trainer.

word2vec goes through a text pair by pair, with negatives drawn for each pair: vector products, a
few per cent of what a processor can do. Here C neighbouring words make a row, whose words share
their K negatives and, through their windows, most of their contexts. A row is then three matrix
products (scores, gradients of the words, gradients of the targets), and the update of a block of
R rows is one scatter. Only `keras.ops` are used, so the same code runs on every backend and device;
the two training steps at the end differ in how TensorFlow and JAX keep variables.
"""

from typing import Any

import keras
import numpy as np
from keras import ops


@keras.saving.register_keras_serializable(package="brickyard")
class SkipGram(keras.Model):
    """Vectors of words and of contexts, trained by stochastic gradient descent.

    For each pair of a word w and a word c in its window, and negatives n from the noise
    distribution, the loss is

        -log sigmoid(v_w . u_c) - (k / K) * sum over the K negatives of log sigmoid(-v_w . u_n)

    which has the expectation of formula (4) of T. Mikolov, I. Sutskever, K. Chen, G. Corrado and
    J. Dean, Distributed Representations of Words and Phrases and their Compositionality, 2013,
    arXiv:1310.4546, with k negatives a pair. Sharing negatives follows S. Ji, N. Satish, S. Li
    and P. Dubey, Parallelizing Word2Vec in Shared and Distributed Memory, 2016, arXiv:1604.04661.
    Gradients of a block are summed, as if its pairs came one after the other; the rate is that of
    the optimizer, whose own update rule is plain gradient descent.

    A batch is S blocks of R rows, as `apps.word_analogies.trainers.batches` makes them:

        word_ids int32 (S, R, C)      rows of C neighbouring words
        target_ids int32 (S, R, T)    their contexts, from `window` words before the row to `window`
                                      behind it, then K negatives; T = C + 2 window + K
        before, after int32 (S, R, C) how many contexts on each side belong to each word
        blocks int32 (1,)             how many blocks are filled; the rest is padding

    Args:
        vocabulary_size: V, number of words.
        vector_size: D, numbers of a vector.
        row: C, words of a row.
        window: words on each side of a word at most.
        negatives: k, negatives a pair.
        shared_negatives: K, negatives of a row.
    """

    def __init__(
        self,
        *,
        vocabulary_size: int,
        vector_size: int,
        row: int,
        window: int,
        negatives: int,
        shared_negatives: int,
        **kwargs: Any,
    ):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.vector_size = vector_size
        self.row = row
        self.window = window
        self.negatives = negatives
        self.shared_negatives = shared_negatives
        shape = (vocabulary_size, vector_size)
        spread = keras.initializers.RandomUniform(-0.5 / vector_size, 0.5 / vector_size)
        self.word_vectors = self.add_weight(shape=shape, initializer=spread, name="word_vectors")
        self.context_vectors = self.add_weight(
            shape=shape, initializer="zeros", name="context_vectors"
        )
        self._loss = keras.metrics.Mean(name="loss")
        self.built = True

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """The mean loss a pair."""
        return [self._loss]

    def call(self, batch: dict[str, Any], training: bool = False) -> Any:
        """Returns the mean loss a pair of a batch, without learning from it."""
        _, _, loss, pairs = self._swept(self.word_vectors, self.context_vectors, batch, rate=0.0)
        return loss / ops.maximum(pairs, 1.0)

    def _swept(self, words: Any, contexts: Any, batch: dict[str, Any], *, rate: Any) -> tuple:
        """Goes through the blocks, and returns both tables, the summed loss and its pairs."""

        def block(number: Any, state: tuple) -> tuple:
            words, contexts, loss, pairs = state
            word_ids, target_ids = batch["word_ids"][number], batch["target_ids"][number]
            v, u = ops.take(words, word_ids, axis=0), ops.take(contexts, target_ids, axis=0)
            weight, sign = self._pairs(batch["before"][number], batch["after"][number])
            margin = sign * ops.einsum("rcd,rtd->rct", v, u)
            pull = rate * sign * weight * ops.sigmoid(-margin)
            words = _added(words, word_ids, ops.einsum("rct,rtd->rcd", pull, u))
            contexts = _added(contexts, target_ids, ops.einsum("rct,rcd->rtd", pull, v))
            loss += ops.sum(weight * ops.softplus(-margin))
            seen = ops.sum(batch["before"][number] + batch["after"][number])
            return words, contexts, loss, pairs + ops.cast(seen, "float32")

        start = (ops.convert_to_tensor(words), ops.convert_to_tensor(contexts))
        zero = ops.zeros((), "float32")
        return ops.fori_loop(0, batch["blocks"][0], block, (*start, zero, zero))

    def _pairs(self, before: Any, after: Any) -> tuple[Any, Any]:
        """Returns the weight (R, C, T) and the sign (T,) of each word with each target."""
        span = self.row + 2 * self.window
        distance = np.arange(span)[None, :] - self.window - np.arange(self.row)[:, None]
        inside = (distance >= -before[..., None]) & (distance <= after[..., None])
        context = ops.cast(inside & (distance != 0), "float32")
        share = self.negatives / self.shared_negatives
        noise = ops.repeat(
            share * ops.cast(before + after, "float32")[..., None], self.shared_negatives, axis=-1
        )
        sign = np.repeat(np.array([1, -1], np.float32), [span, self.shared_negatives])
        return ops.concatenate([context, noise], axis=-1), sign

    def compute_loss(self, x: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Returns the mean loss a pair."""
        return self(x)

    def compute_metrics(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Returns the running mean loss."""
        return self.get_metrics_result()

    def train_step(self, *args: Any) -> Any:
        """Learns from one batch: `(data)` on TensorFlow, `(state, data)` on JAX."""
        if keras.backend.backend() != "jax":
            ((batch, *_),) = args
            return self._learn(batch)
        # JAX hands over the values of all variables, and takes the new ones.
        state, (batch, *_) = args
        groups = (
            self.trainable_variables,
            self.non_trainable_variables,
            self.optimizer.variables,
            self.metrics_variables,
        )
        values = [
            pair for group in zip(groups, state, strict=True) for pair in zip(*group, strict=True)
        ]
        with keras.StatelessScope(state_mapping=values) as scope:
            logs = self._learn(batch)
        return logs, tuple([scope.get_current_value(v) for v in group] for group in groups)

    def _learn(self, batch: dict[str, Any]) -> dict[str, Any]:
        words, contexts, loss, pairs = self._swept(
            self.word_vectors, self.context_vectors, batch, rate=self.optimizer.learning_rate
        )
        self.word_vectors.assign(words)
        self.context_vectors.assign(contexts)
        self.optimizer.iterations.assign(self.optimizer.iterations + 1)
        self._loss.update_state(loss / ops.maximum(pairs, 1.0), sample_weight=pairs)
        return self.get_metrics_result()

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, for saving."""
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "vector_size": self.vector_size,
            "row": self.row,
            "window": self.window,
            "negatives": self.negatives,
            "shared_negatives": self.shared_negatives,
        }


def _added(table: Any, ids: Any, rows: Any) -> Any:
    """Adds rows (R, N, D) to those of a table (V, D) that ids (R, N) name, also repeated ones."""
    size = table.shape[-1]
    return ops.scatter_update(
        table, ops.reshape(ids, (-1, 1)), ops.reshape(rows, (-1, size)), reduction="add"
    )
