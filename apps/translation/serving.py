"""The served form of translation: a sentence as a plain string in, its translation out.

Tokeniser, network, beam search and detokeniser are one graph; its numeric part is a function of
its own, which an accelerator can take.
"""

from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from apps.translation.answer import translator_of
from apps.translation.graph_tokeniser import GraphTokeniser
from apps.translation.tokeniser import END_ID
from shared.export.served import Served

if TYPE_CHECKING:
    from shared.bundle import Bundle


def build_served(bundle: "Bundle") -> Served:
    """Returns the signatures of a run.

    - `serving_default`: source string (B,) -> what `apps.translation.answer.answer` returns.
    - `ids`: source_ids int32 (B, S), each with the end token and 0 behind it -> token_ids int32
      (B, N, T), log_probability and score float32 (B, N), attention float32 (B, N, T, S).
    """
    translator = translator_of(bundle)
    max_tokens = bundle.config.decoding.max_tokens
    preprocessing = bundle.preprocessing
    source_pieces, target_pieces = (
        [b"", *(piece.encode() for piece in tokeniser.pieces[1:])]
        for tokeniser in (preprocessing.source, preprocessing.target)
    )
    module = tf.Module()
    module.translator = translator
    module.source = GraphTokeniser(preprocessing.source)
    # A joint tokeniser lies in the graph once.
    module.target = module.source if preprocessing.joint else GraphTokeniser(preprocessing.target)

    source_ids = tf.TensorSpec([None, None], tf.int32, name="source_ids")
    text = tf.TensorSpec([None], tf.string, name="source")

    @tf.function(input_signature=[source_ids])
    def core(source_ids: tf.Tensor) -> dict[str, tf.Tensor]:
        return translator({"source_ids": source_ids})

    @tf.function(input_signature=[text])
    def translate(source: tf.Tensor) -> dict[str, tf.Tensor]:
        ids = module.source.encode(source)[:, :max_tokens]
        end = tf.fill([ids.nrows(), 1], END_ID)
        source_ids = tf.concat([ids, end], axis=1).to_tensor(default_value=0)
        found = core(source_ids)
        translations = module.target.decode(found["token_ids"])
        best = found["token_ids"][:, 0]
        return {
            "translation": translations[:, 0],
            "log_probability": found["log_probability"][:, 0],
            "score": found["score"][:, 0],
            "translations": translations,
            "log_probabilities": found["log_probability"],
            "scores": found["score"],
            "source_tokens": tf.gather(tf.constant(source_pieces), source_ids),
            "target_tokens": tf.gather(tf.constant(target_pieces), best),
            "alignment": found["attention"][:, 0],
        }

    module.core = core
    example = {"source_ids": np.array([[5, 6, 7, END_ID]], np.int32)}
    return Served(
        module=module,
        signatures={"serving_default": translate, "ids": core},
        core=core,
        core_example=example,
        examples={"ids": example},
    )
