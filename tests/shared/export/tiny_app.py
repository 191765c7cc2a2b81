"""A whole app in one file, small and real: words in, a label out, through a tiny Keras model."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from shared.export.lineage import digests, read_record, write_record
from shared.export.served import Served

WORDS = ["[PAD]", "[UNK]", "red", "brick", "wall", "tall", "garden"]
LABELS = np.array(["colour", "house", "nature"])
EXAMPLES = ["red brick", "tall garden wall red", "unheard", "garden", "brick wall brick wall red"]


def tiny_model() -> keras.Model:
    """Ids (B, J) -> scores (B, 3): the sum of the embeddings of the words, id 0 left out."""
    token_ids = keras.Input((None,), dtype="int32", name="token_ids")
    vectors = keras.layers.Embedding(len(WORDS), 4, name="words")(token_ids)
    real = keras.ops.cast(keras.ops.expand_dims(token_ids != 0, -1), "float32")
    summed = keras.ops.sum(vectors * real, axis=1)
    scores = keras.layers.Dense(len(LABELS), name="scores")(summed)
    model = keras.Model(token_ids, scores)
    generator = np.random.default_rng(7)
    model.set_weights(
        [generator.normal(size=weight.shape).astype("float32") for weight in model.get_weights()]
    )
    return model


class TinyModule(tf.Module):
    """The graph that is exported."""

    def __init__(self, model: keras.Model, vocabulary: Path) -> None:
        super().__init__()
        self.model = model
        self.table = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(
                str(vocabulary),
                tf.string,
                tf.lookup.TextFileIndex.WHOLE_LINE,
                tf.int64,
                tf.lookup.TextFileIndex.LINE_NUMBER,
            ),
            default_value=1,
        )

    @tf.function(input_signature=[tf.TensorSpec((None, None), tf.int32, name="token_ids")])
    def core(self, token_ids):
        return {"scores": self.model(token_ids)}

    def ids(self, text):
        words = tf.strings.split(text).to_tensor("[PAD]")
        return tf.cast(self.table.lookup(words), tf.int32)

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
    def answer(self, text):
        probabilities = tf.nn.softmax(self.core(self.ids(text))["scores"])
        best = tf.argmax(probabilities, -1, output_type=tf.int32)
        return {
            "label": tf.gather(tf.constant(LABELS), best),
            "probability": tf.reduce_max(probabilities, -1),
            "words": tf.strings.split(text).to_tensor(""),
        }

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
    def tokens(self, text):
        return {"token_ids": self.ids(text)}


class TinyApp:
    """The part of the contract that an export calls."""

    name = "tiny"

    def __init__(self, module: Callable[[keras.Model, Path], tf.Module] = TinyModule) -> None:
        self.module = module

    def signatures(self, bundle: Any) -> Served:
        module = self.module(bundle.model, bundle.path / "assets" / "vocabulary.txt")
        return Served(
            module=module,
            signatures={"serving_default": module.answer, "tokens": module.tokens},
            core=module.core,
            core_example={"token_ids": np.array([[2, 3, 0], [4, 5, 6]], np.int32)},
        )

    def requests(self, items: list[str]) -> dict[str, np.ndarray]:
        return {"text": np.array(items)}

    def infer(self, bundle: Any, items: list[str]) -> dict[str, np.ndarray]:
        split = [item.split() for item in items]
        longest = max(map(len, split))
        ids = np.zeros((len(items), longest), np.int32)
        words = np.full((len(items), longest), "", object)
        for row, sentence in enumerate(split):
            words[row, : len(sentence)] = sentence
            ids[row, : len(sentence)] = [WORDS.index(w) if w in WORDS else 1 for w in sentence]
        scores = bundle.model(ids).numpy()
        powers = np.exp(scores - scores.max(-1, keepdims=True))
        probabilities = powers / powers.sum(-1, keepdims=True)
        return {
            "label": LABELS[probabilities.argmax(-1)],
            "probability": probabilities.max(-1),
            "words": words,
        }

    def examples(self, bundle: Any) -> list[str]:
        return EXAMPLES


@dataclass
class TinyBundle:
    """A loaded run."""

    path: Path
    app: Any = field(default_factory=TinyApp)
    model: keras.Model = field(default_factory=tiny_model)
    manifest: dict[str, Any] = field(
        default_factory=lambda: {
            "run": "run-1",
            "lineage": "lineage-1",
            "data": {"source": "sample", "parts": [{"name": "train", "examples": 5}]},
            "scores": {"accuracy": 0.75},
        }
    )

    def __post_init__(self) -> None:
        (self.path / "assets").mkdir(parents=True)
        (self.path / "assets" / "vocabulary.txt").write_text("\n".join(WORDS) + "\n")


def rewrite_digests(folder: Path) -> None:
    """Makes the record of an export fit its files again, as a careful forger would."""
    record = read_record(folder)
    write_record(folder, replace(record, files=digests(folder)))
