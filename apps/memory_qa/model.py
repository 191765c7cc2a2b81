"""The memory network that answers questions about a story.

Built by `apps.memory_qa.app`; how a story becomes `story_ids` is `apps.memory_qa.data`'s part and
follows the convention written at `MemN2N`.
"""

from dataclasses import asdict
from typing import Any, Literal

import keras
from keras import ops

from apps.memory_qa.config import ModelConfig
from shared.layers.memory_hop import MemoryHop
from shared.layers.position_encoding import PositionEncoding
from shared.layers.temporal_encoding import TemporalEncoding


@keras.saving.register_keras_serializable(package="brickyard")
class MemN2N(keras.Model):
    """An end-to-end memory network: reads the sentences of a story several times, then answers.

    With x_ij word j of sentence i, q_j word j of the question, l position weights and T vectors
    of age (`PositionEncoding`, `TemporalEncoding`):

        u^1     = sum_j l_j * B q_j
        m_i^k   = sum_j l_j * A^k x_ij + T_A^k(age of i)
        c_i^k   = sum_j l_j * C^k x_ij + T_C^k(age of i)
        p^k     = softmax(u^k . m^k),  o^k = sum_i p_i^k c_i^k      (`MemoryHop`)
        u^(k+1) = u^k + o^k            (layer-wise: H u^k + o^k)
        scores  = W u^(K+1)

    Adjacent tying: A^(k+1) = C^k, B = A^1, W^T = C^K. Layer-wise tying: A, C and H are shared by
    all hops, B and W are their own. The T follow their A and C.

    Source: Sukhbaatar, Szlam, Weston, Fergus 2015, End-To-End Memory Networks
    (arXiv:1503.08895). `nonlinear` is the ReLU of its section 5, on half of the units. All weights
    start as N(0, 0.1).

    **Convention of a story.** Id 0 is padding, 1 the unknown word. Stories are right-aligned: the
    newest sentence is the last row, padding rows come first; inside a sentence padding may stand
    anywhere. A row of zeros is never attended to. Leading rows of zeros change nothing at all; a
    row of zeros between two sentences makes the older ones one step older. N and J may differ
    from batch to batch. Sentences older than `memory_size` share the vector of the oldest age
    (whoever prepares the data cuts the story). A story without any sentence has attention zero
    and is answered from the question alone.

    float16: sums of words and reads run in the compute dtype, attention in float32; both outputs
    are float32 under every policy.

    Args:
        vocabulary_size: V, number of word ids with padding and unknown, at least 2.
        hops: K, how often the memory is read, at least 1. Default 3.
        embedding_size: D, width of a memory, at least 1. Default 50.
        tying: which embeddings the hops share. Default "adjacent".
        position_encoding: weigh words by place; off, a sentence is a bag of words. Default true.
        temporal_encoding: add a vector for the age of a sentence. Default true.
        memory_size: number of ages, at least 1. Default 50.
        nonlinear: ReLU on half of the units after each hop. Default false.

    Call arguments:
        inputs: {"story_ids": int32 (B, N, J), "question_ids": int32 (B, J)}; the two J need not
            be equal, N is at least 1.

    Returns:
        {"scores": float32 (B, V) logits over all words, "attention": float32 (B, K, N)}.

    Raises:
        ValueError: an argument is out of its range; names all of them.

    Example:
    >>> import numpy as np
    >>> model = MemN2N(vocabulary_size=9, hops=2, embedding_size=4)
    >>> story_ids = np.array([[[0, 0], [2, 3], [4, 5]]], "int32")
    >>> outputs = model({"story_ids": story_ids, "question_ids": np.array([[6, 2]], "int32")})
    >>> outputs["scores"].shape[-1], float(outputs["attention"][0, 0, 0])
    (9, 0.0)
    """

    def __init__(
        self,
        *,
        vocabulary_size: int,
        hops: int = 3,
        embedding_size: int = 50,
        tying: Literal["adjacent", "layer_wise"] = "adjacent",
        position_encoding: bool = True,
        temporal_encoding: bool = True,
        memory_size: int = 50,
        nonlinear: bool = False,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        settings = {
            "vocabulary_size": vocabulary_size,
            "hops": hops,
            "embedding_size": embedding_size,
            "tying": tying,
            "position_encoding": position_encoding,
            "temporal_encoding": temporal_encoding,
            "memory_size": memory_size,
            "nonlinear": nonlinear,
        }
        _check(settings)

        # === Parts ===
        layer_wise = tying == "layer_wise"
        names = ("input", "output") if layer_wise else tuple(map(str, range(hops + 1)))
        words = {name: _words(f"words_{name}", settings, dtype) for name in names}
        ages = {
            name: TemporalEncoding(memory_size, name=f"ages_{name}", dtype=dtype)
            for name in names
            if temporal_encoding
        }
        places = PositionEncoding(name="places", dtype=dtype) if position_encoding else None
        hop = MemoryHop(project=layer_wise, nonlinear=nonlinear, name="hop", dtype=dtype)

        # === Wiring ===
        story_ids = keras.Input((None, None), dtype="int32", name="story_ids")
        question_ids = keras.Input((None,), dtype="int32", name="question_ids")
        sentence_mask = ops.any(ops.not_equal(story_ids, 0), axis=-1)  # (B, N)
        memories = {}
        for name in names:
            memory = _sentence(words[name], places, story_ids)  # (B, N, D)
            memories[name] = ages[name](memory, sentence_mask) if temporal_encoding else memory
        asked = _words("words_question", settings, dtype) if layer_wise else words["0"]
        query = _sentence(asked, places, question_ids)  # (B, D)
        attention = []
        for k in range(hops):
            read, written = names if layer_wise else (names[k], names[k + 1])
            query, looked_at = hop(query, memories[read], memories[written], sentence_mask)
            attention.append(looked_at)
        if layer_wise:
            answer = keras.layers.Dense(
                vocabulary_size,
                use_bias=False,
                kernel_initializer=_initializer(),
                name="answer",
                dtype=dtype,
            )
            scores = answer(query)
        else:
            scores = words[names[-1]](query, reverse=True)
        super().__init__(
            inputs={"story_ids": story_ids, "question_ids": question_ids},
            outputs={
                "scores": ops.cast(scores, "float32"),
                "attention": ops.cast(ops.stack(attention, axis=1), "float32"),
            },
            **kwargs,
        )

        # === Config ===
        self.dtype_policy = hop.dtype_policy
        self.settings = settings
        self.hop = hop

    @property
    def linear(self) -> bool:
        """Whether attention runs without its softmax, for a linear start (section 4.2).

        A new or loaded network has its softmax. Setting it makes Keras trace its training,
        evaluation and prediction functions anew; nothing is stored in configuration or weights.
        """
        return self.hop.linear

    @linear.setter
    def linear(self, value: bool) -> None:
        self.hop.linear = value
        self.train_function = self.test_function = self.predict_function = None

    def get_config(self) -> dict[str, Any]:
        """Returns the constructor's arguments."""
        policy = keras.saving.serialize_keras_object(self.dtype_policy)
        return {"name": self.name, "dtype": policy, **self.settings}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> "MemN2N":
        """Builds the network from what `get_config` returned."""
        return cls(**config)


def build_memn2n(config: ModelConfig, *, vocabulary_size: int) -> MemN2N:
    """Builds the network of a configuration, with fresh weights.

    Args:
        config: hops, sizes, tying and encodings.
        vocabulary_size: V, number of word ids with padding and unknown.

    Returns:
        The network, built.
    """
    return MemN2N(vocabulary_size=vocabulary_size, **asdict(config))


def _check(settings: dict[str, Any]) -> None:
    lowest = {"vocabulary_size": 2, "hops": 1, "embedding_size": 1, "memory_size": 1}
    problems = [
        f"{name} of at least {least}, received {settings[name]}"
        for name, least in lowest.items()
        if settings[name] < least
    ]
    if settings["tying"] not in ("adjacent", "layer_wise"):
        problems.append(f"tying 'adjacent' or 'layer_wise', received {settings['tying']!r}")
    if problems:
        raise ValueError(f"MemN2N expected {'; '.join(problems)}; change the model's settings.")


def _initializer() -> keras.initializers.Initializer:
    return keras.initializers.RandomNormal(stddev=0.1)


def _words(name: str, settings: dict[str, Any], dtype: Any) -> keras.layers.Layer:
    return keras.layers.ReversibleEmbedding(
        settings["vocabulary_size"],
        settings["embedding_size"],
        embeddings_initializer=_initializer(),
        name=name,
        dtype=dtype,
    )


def _sentence(words: keras.layers.Layer, places: keras.layers.Layer | None, token_ids: Any) -> Any:
    """Returns the vectors (..., D) of sentences of ids (..., J)."""
    padding_mask = ops.not_equal(token_ids, 0)
    vectors = words(token_ids)  # (..., J, D)
    if places is not None:
        vectors = places(vectors, padding_mask)
    else:
        vectors = vectors * ops.cast(ops.expand_dims(padding_mask, -1), vectors.dtype)
    return ops.sum(vectors, axis=-2)
