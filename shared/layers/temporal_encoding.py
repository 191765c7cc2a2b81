"""Tells a memory how old it is.

`apps.memory_qa.model` adds this to the sentences of a story before they are looked up.
"""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="brickyard")
class TemporalEncoding(keras.layers.Layer):
    """Adds a learnt vector for the age of each memory, counted from the newest.

        m_i  <-  m_i + T(N - 1 - i)        i = 0 .. N-1, the newest memory last

    Stories are right-aligned: the newest sentence is always the last row and has age 0, padding
    comes first. The amount of padding therefore changes no age, while an empty memory *between*
    two sentences makes all older ones one step older (the "random noise" of the source).

    Source: Sukhbaatar, Szlam, Weston, Fergus 2015, End-To-End Memory Networks, section 4.1
    (arXiv:1503.08895).

    Mask: `sentence_mask` is true at real sentences; nothing is added to the others, which still
    take up a step of time. Without a mask every row is real.

    float16: the table keeps the variable dtype and is cast to the compute dtype.

    Args:
        memory_size: ages that have a vector of their own, at least 1. Older memories share the
            vector of the oldest age, so a longer story is answered rather than refused; whoever
            prepares the data decides how many sentences are kept.

    Call arguments:
        inputs: memories (B, N, D), newest last.
        sentence_mask: bool (B, N), true at real sentences. Default: all real.

    Returns:
        Memories with their age (B, N, D).

    Raises:
        ValueError: `memory_size` is below 1.

    Example:
    >>> layer = TemporalEncoding(memory_size=2)
    >>> layer.build((1, 3, 1))
    >>> _ = layer.ages.assign([[1.0], [2.0]])
    >>> ops.convert_to_numpy(layer(ops.zeros((1, 3, 1)))).ravel().tolist()
    [2.0, 2.0, 1.0]
    """

    def __init__(self, memory_size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if memory_size < 1:
            raise ValueError(
                f"TemporalEncoding expected memory_size of at least 1, received {memory_size}; "
                "give the number of sentences that are kept."
            )
        self.memory_size = memory_size

    def build(self, inputs_shape: Any, sentence_mask_shape: Any = None) -> None:
        """Creates the table of ages (memory_size, D), N(0, 0.1)."""
        self.ages = self.add_weight(
            name="ages",
            shape=(self.memory_size, inputs_shape[-1]),
            initializer=keras.initializers.RandomNormal(stddev=0.1),
        )

    def call(self, inputs: Any, sentence_mask: Any = None) -> Any:
        """Adds to memories (B, N, D) the vectors of their ages."""
        sentences = inputs.shape[1] if inputs.shape[1] is not None else ops.shape(inputs)[1]
        rows = sentences - 1 - ops.arange(sentences)
        ages = ops.take(self.ages, ops.minimum(rows, self.memory_size - 1), axis=0)  # (N, D)
        ages = ops.expand_dims(ops.cast(ages, inputs.dtype), 0)
        if sentence_mask is not None:
            ages = ages * ops.expand_dims(ops.cast(sentence_mask, inputs.dtype), -1)
        return inputs + ages

    def compute_output_shape(self, inputs_shape: Any, sentence_mask_shape: Any = None) -> Any:
        """Returns the shape of the inputs."""
        return tuple(inputs_shape)

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        return {**super().get_config(), "memory_size": self.memory_size}
