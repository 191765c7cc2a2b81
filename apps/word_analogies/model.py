"""The network that answers: a table of vectors, and the words nearest to a sum of them.

It learns nothing itself; `apps.word_analogies.trainers` make the vectors it is given.
"""

from typing import TYPE_CHECKING, Any

import keras
import numpy as np
from keras import ops

if TYPE_CHECKING:
    from apps.word_analogies.vectors import WordVectors

# Padding and the unknown word have the first two rows, and are nobody's answer.
NO_WORDS = 2
# Below any cosine.
EXCLUDED = -2.0


@keras.saving.register_keras_serializable(package="brickyard")
class NearestWords(keras.layers.Layer):
    """Finds the words whose vectors are nearest to a signed sum of unit vectors.

        q = sum over the terms of sign * v / |v|,    similarity of w = cos(q, w)

    With the terms -a, +b, +c this is 3CosAdd, the answer to "a is to b as c is to what"
    (T. Mikolov, W. Yih and G. Zweig, Linguistic Regularities in Continuous Space Word
    Representations, 2013). The terms themselves are no answer; nor is anything if one of the terms
    is unknown (id 1), or if there are none.

    Args:
        vocabulary_size: rows of the table: words, and before them padding and the unknown word.
        vector_size: D.
        answers: K, words of an answer at most; if the vocabulary has fewer, the rest is empty.

    Call shapes:
        term_ids int32 (B, T), padded with 0; term_signs float32 (B, T), 0 for padding ->
        word_ids int32 (B, K), 0 for none; similarities float32 (B, K), 0 for none;
        term_similarities float32 (B, T): of each term with q.
    """

    def __init__(self, *, vocabulary_size: int, vector_size: int, answers: int, **kwargs: Any):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.vocabulary_size = vocabulary_size
        self.vector_size = vector_size
        self.answers = answers
        self.unit_vectors = self.add_weight(
            shape=(vocabulary_size, vector_size),
            initializer="zeros",
            trainable=False,
            name="unit_vectors",
        )
        self.norms = self.add_weight(
            shape=(vocabulary_size,), initializer="zeros", trainable=False, name="norms"
        )

    def build(self, term_ids_shape: Any, term_signs_shape: Any) -> None:
        """Has nothing left to build."""

    def call(self, term_ids: Any, term_signs: Any) -> dict[str, Any]:
        """Returns word_ids, similarities and term_similarities."""
        terms = ops.take(self.unit_vectors, term_ids, axis=0)
        query = ops.sum(term_signs[..., None] * terms, axis=1)
        length = ops.norm(query, axis=-1, keepdims=True)
        query = query / ops.where(length > 0, length, 1.0)
        scores = ops.matmul(query, ops.transpose(self.unit_vectors))
        scores = _set(scores, term_ids, EXCLUDED)
        scores = _set(scores, ops.zeros_like(term_ids[:, :1]) + ops.arange(NO_WORDS), EXCLUDED)
        best, word_ids = ops.top_k(scores, min(self.answers, self.vocabulary_size))
        known = ops.all(term_ids != 1, axis=1, keepdims=True)
        # A sum of nothing is near to nothing.
        known = ops.logical_and(known, length > 0)
        known = ops.logical_and(known, ops.any(term_ids > 1, axis=1, keepdims=True))
        found = ops.logical_and(best > EXCLUDED, known)
        return {
            "word_ids": ops.where(found, ops.cast(word_ids, "int32"), 0),
            "similarities": ops.where(found, best, 0.0),
            "term_similarities": ops.einsum("btd,bd->bt", terms, query),
        }

    def vectors(self, ids: Any) -> Any:
        """Returns the vectors of ids (B,) as they were trained, float32 (B, D)."""
        return ops.take(self.unit_vectors, ids, axis=0) * ops.take(self.norms, ids)[:, None]

    def compute_output_spec(self, term_ids: Any, term_signs: Any) -> dict[str, Any]:
        """Returns the shapes and types of `call`."""
        batch, terms = term_ids.shape
        answers = min(self.answers, self.vocabulary_size)
        return {
            "word_ids": keras.KerasTensor((batch, answers), "int32"),
            "similarities": keras.KerasTensor((batch, answers), "float32"),
            "term_similarities": keras.KerasTensor((batch, terms), "float32"),
        }

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, for saving."""
        return {
            **super().get_config(),
            "vocabulary_size": self.vocabulary_size,
            "vector_size": self.vector_size,
            "answers": self.answers,
        }


def _set(scores: Any, columns: Any, value: float) -> Any:
    """Sets columns (B, N) of scores (B, V)."""
    rows = ops.broadcast_to(ops.arange(ops.shape(columns)[0])[:, None], ops.shape(columns))
    places = ops.reshape(ops.stack([rows, columns], axis=-1), (-1, 2))
    return ops.scatter_update(scores, places, ops.full(ops.shape(places)[:1], value, "float32"))


def build_query_model(*, words: int, vector_size: int, answers: int) -> keras.Model:
    """Builds the network with a table of zeros.

    Args:
        words: V, words of the vocabulary without padding and the unknown word.
        vector_size: D.
        answers: K.
    """
    term_ids = keras.Input((None,), dtype="int32", name="term_ids")
    term_signs = keras.Input((None,), dtype="float32", name="term_signs")
    table = NearestWords(
        vocabulary_size=words + NO_WORDS,
        vector_size=vector_size,
        answers=answers,
        name="nearest_words",
    )
    inputs = {"term_ids": term_ids, "term_signs": term_signs}
    return keras.Model(inputs, table(term_ids=term_ids, term_signs=term_signs))


def put_vectors(model: keras.Model, vectors: "WordVectors") -> None:
    """Fills the table; the words must be those of the vocabulary, in its order."""
    table = model.get_layer("nearest_words")
    nothing = np.zeros((NO_WORDS, vectors.size), np.float32)
    table.unit_vectors.assign(np.concatenate([nothing, vectors.unit]))
    norms = np.linalg.norm(vectors.matrix, axis=1).astype(np.float32)
    table.norms.assign(np.concatenate([nothing[:, 0], norms]))


def get_vectors(model: keras.Model) -> np.ndarray:
    """Returns the vectors of the words as they were trained, float32 (V, D)."""
    table = model.get_layer("nearest_words")
    unit, norms = np.asarray(table.unit_vectors), np.asarray(table.norms)
    return unit[NO_WORDS:] * norms[NO_WORDS:, None]
