"""A layer around each search, so that the harness for backends can run it."""

from typing import Any

import keras
from history_step import END, START
from keras import ops

from shared.decoding.beam_search import beam_search
from shared.decoding.greedy import greedy_search


@keras.saving.register_keras_serializable(package="brickyard_tests")
class Decoder(keras.layers.Layer):
    """Decodes a recurrent network; compiled on JAX, a graph on TensorFlow."""

    def __init__(self, *, kind: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind = kind

    def build(self, input_shape: Any) -> None:
        self.recurrent = self.add_weight(shape=(6, 6), name="recurrent")
        self.embedding = self.add_weight(shape=(25, 6), name="embedding")
        self.out = self.add_weight(shape=(6, 25), name="out")

    def call(self, hidden: Any) -> Any:
        if keras.backend.backend() == "jax":
            import jax

            return jax.jit(self.decode)(hidden)
        import tensorflow as tf

        return tf.function(self.decode, autograph=False)(hidden)

    def step(self, ids: Any, position: Any, state: Any) -> tuple[Any, Any, Any]:
        hidden = 9.0 * ops.matmul(state["hidden"], self.recurrent)
        hidden = ops.tanh(hidden + 9.0 * ops.take(self.embedding, ids, axis=0))
        return 9.0 * ops.matmul(hidden, self.out), {"hidden": hidden}, ops.softmax(hidden)

    def decode(self, hidden: Any) -> Any:
        options = {"batch": 4, "start_id": START, "end_id": END, "max_steps": 9}
        if self.kind == "greedy":
            found = greedy_search(self.step, {"hidden": hidden}, source_size=6, **options)
        else:
            found = beam_search(
                self.step,
                {"hidden": ops.repeat(hidden, 3, axis=0)},
                beam_width=3,
                n_best=3,
                coverage_penalty=0.2,
                source_mask=ops.ones((4, 6), dtype="bool"),
                with_attention=True,
                no_repeat_ngram=2,
                **options,
            )
        return {name: ops.cast(value, "float32") for name, value in found._asdict().items()}

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "kind": self.kind}
