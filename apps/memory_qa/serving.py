"""The served form of memory_qa: a story and a question as plain strings, the answer out.

Cutting into sentences and words, the look-up of ids, the network and the choice of the answer
are one graph; the numeric part of it is a function of its own, which an accelerator can take.
"""

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from apps.memory_qa.preprocessing import VOCABULARY_FILE
from shared.export.served import Served
from shared.text.graph import WordTable, encode_stories, split_words
from shared.text.words import UNKNOWN_ID

if TYPE_CHECKING:
    from shared.bundle import Bundle


def build_served(bundle: "Bundle") -> Served:
    """Returns the signatures of a trained run.

    - `serving_default`: story string (B,), question string (B,) -> what
      `apps.memory_qa.answer.answer` returns.
    - `ids`: story_ids int32 (B, N, J), question_ids int32 (B, J) -> scores float32 (B, V),
      attention float32 (B, hops, N); for clients that encode themselves.
    """
    preprocessing, model = bundle.preprocessing, bundle.model
    module = tf.Module()
    module.model = model
    module.table = WordTable(bundle.path / "assets" / VOCABULARY_FILE)

    story_ids = tf.TensorSpec([None, None, None], tf.int32, name="story_ids")
    question_ids = tf.TensorSpec([None, None], tf.int32, name="question_ids")
    text = {name: tf.TensorSpec([None], tf.string, name=name) for name in ("story", "question")}

    @tf.function(input_signature=[story_ids, question_ids])
    def core(story_ids: tf.Tensor, question_ids: tf.Tensor) -> dict[str, tf.Tensor]:
        return model({"story_ids": story_ids, "question_ids": question_ids}, training=False)

    @tf.function(input_signature=list(text.values()))
    def answer(story: tf.Tensor, question: tf.Tensor) -> dict[str, tf.Tensor]:
        encoded = encode_stories(
            story,
            question,
            table=module.table,
            max_words=preprocessing.max_words,
            memory_size=preprocessing.memory_size,
        )
        outputs = core(encoded["story_ids"], encoded["question_ids"])
        # Padding and the unknown word, the first two ids, are no answers.
        first = UNKNOWN_ID + 1
        probabilities = tf.nn.softmax(outputs["scores"][:, first:])
        return {
            "answer": module.table.words(tf.argmax(probabilities, axis=-1) + first),
            "probability": tf.reduce_max(probabilities, axis=-1),
            **_in_told_order(encoded["sentences"], outputs["attention"]),
            "unknown_words": _unknown_words(module.table, story, question),
        }

    module.core = core
    example = {
        "story_ids": np.array([[[0, 0, 0], [2, 3, 4]]], np.int32),
        "question_ids": np.array([[2, 3, 0]], np.int32),
    }
    return Served(
        module=module,
        signatures={"serving_default": answer, "ids": core},
        core=core,
        core_example=example,
        examples={"ids": example},
    )


def _in_told_order(sentences: tf.Tensor, attention: tf.Tensor) -> dict[str, tf.Tensor]:
    """Moves the empty places of sentences (B, N) and attention (B, hops, N) behind the last."""
    size = tf.shape(sentences)[1]
    empty = tf.reduce_sum(tf.cast(sentences == "", tf.int32), axis=1, keepdims=True)
    order = (tf.range(size) + empty) % size
    return {
        "sentences": tf.gather(sentences, order, batch_dims=1),
        "attention": tf.gather(attention, order, axis=2, batch_dims=1),
    }


def _unknown_words(table: WordTable, story: tf.Tensor, question: tf.Tensor) -> tf.Tensor:
    """Returns the words of each story and question that are not in the table, string (B,)."""
    words = tf.concat([split_words(story), split_words(question)], axis=1)
    unknown = tf.ragged.boolean_mask(words, table.ids(words) == UNKNOWN_ID)
    return tf.strings.reduce_join(unknown, axis=-1, separator=" ")
