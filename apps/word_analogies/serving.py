"""The served form of word_analogies: words as plain strings in, words and similarities out.

The look-up of words, the table of vectors, the matrix product and the choice of the best are one
graph; its numeric part is a function of its own, which an accelerator can take.
"""

import re
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from apps.word_analogies.preprocessing import VOCABULARY_FILE
from apps.word_analogies.query import COMMA_BEHIND, DASHES, MINUS, MOST_TERMS, OPERATORS
from shared.export.served import Served
from shared.text.graph import WordTable, clean, lower
from shared.text.words import PUNCTUATION, UNKNOWN_ID

if TYPE_CHECKING:
    from shared.bundle import Bundle

_MARKS = f"[{re.escape(PUNCTUATION)}]"
# "a is to b as c is to what" subtracts a, and adds b and c.
ANALOGY_SIGNS = (-1.0, 1.0, 1.0)


def build_served(bundle: "Bundle") -> Served:
    """Returns the signatures of a run.

    - `serving_default`: query string (B,), such as "king - man + woman" -> what
      `apps.word_analogies.answer.answer` returns.
    - `analogy`: a, b, c string (B,), "a is to b as c is to what" -> words string (B, K),
      similarities float32 (B, K), known int32 (B, 3); "" and 0 if a word is unknown.
    - `neighbours`: word string (B,) -> words, similarities, known int32 (B,).
    - `embed`: word string (B,) -> vector float32 (B, D), zeros for an unknown word; known (B,).
    - `ids`: the numeric core, for clients that look up words themselves.

    Words are lower-cased in the graph where training lower-cased them.
    """
    model, lower_words = bundle.model, bundle.preprocessing.lower
    module = tf.Module()
    module.model = model
    module.table = WordTable(bundle.path / "assets" / VOCABULARY_FILE)
    vectors = model.get_layer("nearest_words").vectors

    def text(name: str) -> tf.TensorSpec:
        return tf.TensorSpec([None], tf.string, name=name)

    term_ids = tf.TensorSpec([None, None], tf.int32, name="term_ids")
    term_signs = tf.TensorSpec([None, None], tf.float32, name="term_signs")

    def spelled(words: tf.Tensor) -> tf.Tensor:
        return _spelled(tf.strings.strip(clean(words)), module.table, lower_words=lower_words)

    def names(ids: tf.Tensor) -> tf.Tensor:
        return tf.where(ids > UNKNOWN_ID, module.table.words(ids), "")

    def known(ids: tf.Tensor) -> tf.Tensor:
        return tf.cast(ids > UNKNOWN_ID, tf.int32)

    @tf.function(input_signature=[term_ids, term_signs])
    def core(term_ids: tf.Tensor, term_signs: tf.Tensor) -> dict[str, tf.Tensor]:
        return model({"term_ids": term_ids, "term_signs": term_signs}, training=False)

    def answered(ids: tf.Tensor, signs: tf.Tensor) -> dict[str, tf.Tensor]:
        found = core(ids, signs)
        return {"words": names(found["word_ids"]), "similarities": found["similarities"]}

    @tf.function(input_signature=[text("query")])
    def query(query: tf.Tensor) -> dict[str, tf.Tensor]:
        terms, signs = split_terms(query, module.table, lower_words=lower_words)
        ids = tf.where(terms == "", 0, module.table.ids(terms))
        found = core(ids, signs)
        return {
            "words": names(found["word_ids"]),
            "similarities": found["similarities"],
            "terms": terms,
            "known": known(ids),
            "term_similarities": found["term_similarities"],
        }

    @tf.function(input_signature=[text("a"), text("b"), text("c")])
    def analogy(a: tf.Tensor, b: tf.Tensor, c: tf.Tensor) -> dict[str, tf.Tensor]:
        ids = module.table.ids(spelled(tf.reshape(tf.stack([a, b, c], axis=1), [-1])))
        ids = tf.reshape(ids, [-1, 3])
        signs = tf.zeros_like(ids, tf.float32) + tf.constant(ANALOGY_SIGNS)
        return {**answered(ids, signs), "known": known(ids)}

    @tf.function(input_signature=[text("word")])
    def neighbours(word: tf.Tensor) -> dict[str, tf.Tensor]:
        ids = module.table.ids(spelled(word))
        return {
            **answered(ids[:, None], tf.ones_like(ids, tf.float32)[:, None]),
            "known": known(ids),
        }

    @tf.function(input_signature=[text("word")])
    def embed(word: tf.Tensor) -> dict[str, tf.Tensor]:
        ids = module.table.ids(spelled(word))
        return {"vector": vectors(ids), "known": known(ids)}

    module.core = core
    example = {
        "term_ids": np.array([[2, 3, 4]], np.int32),
        "term_signs": np.array([ANALOGY_SIGNS], np.float32),
    }
    few = bundle.preprocessing.words[:3]
    words = np.array([word.encode() for word in few], dtype=object)
    return Served(
        module=module,
        signatures={
            "serving_default": query,
            "analogy": analogy,
            "neighbours": neighbours,
            "embed": embed,
            "ids": core,
        },
        core=core,
        core_example=example,
        examples={
            "analogy": {"a": words, "b": np.roll(words, 1), "c": np.roll(words, 2)},
            "neighbours": {"word": words},
            "embed": {"word": words},
            "ids": example,
        },
    )


def split_terms(
    query: tf.Tensor, table: WordTable, *, lower_words: bool
) -> tuple[tf.Tensor, tf.Tensor]:
    """Does what `apps.word_analogies.query` does; words beyond the 32nd are cut off.

    Args:
        query: string (B,).
        table: the vocabulary, which decides how a word is spelled.
        lower_words: whether the vocabulary is lower-case.

    Returns:
        words string (B, T), "" behind the last, and signs float32 (B, T), 0 there; T is at least 1
        and at most 32.
    """
    plain = tf.strings.regex_replace(clean(query), "\u2019", "'")
    tokens = tf.strings.split(tf.strings.regex_replace(plain, COMMA_BEHIND, " , "))
    flat = tf.strings.regex_replace(tokens.flat_values, f"^{DASHES}$", MINUS)
    operator = tf.reduce_any(flat[:, tf.newaxis] == tf.constant(OPERATORS), axis=1)
    # A sign holds for the token behind it; a row's first token has none before it.
    before = tf.concat([[""], flat[:-1]], axis=0)
    first = tf.concat([[-1], tokens.value_rowids()[:-1]], axis=0) != tokens.value_rowids()
    minus = (before == MINUS) & ~first
    kept = tokens.with_flat_values(~operator)
    signs = tf.ragged.boolean_mask(tokens.with_flat_values(tf.where(minus, -1.0, 1.0)), kept)
    words = tf.ragged.boolean_mask(tokens.with_flat_values(flat), kept)
    words = words.with_flat_values(_spelled(words.flat_values, table, lower_words=lower_words))
    width = tf.clip_by_value(words.bounding_shape(axis=1), 1, MOST_TERMS)
    shape = tf.stack([-1, width])
    return words.to_tensor(default_value="", shape=shape), signs.to_tensor(0.0, shape=shape)


def _spelled(words: tf.Tensor, table: WordTable, *, lower_words: bool) -> tf.Tensor:
    """Returns each word (n,) as typed if the table has it, and else without punctuation."""
    typed = lower(words) if lower_words else words
    bare = tf.strings.regex_replace(typed, f"^{_MARKS}+|{_MARKS}+$", "")
    return tf.where((table.ids(typed) <= UNKNOWN_ID) & (bare != ""), bare, typed)
