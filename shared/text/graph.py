"""The rules of `shared.text.words` as TensorFlow operations, for served graphs.

A SavedModel takes plain strings, so the cutting into sentences and words, and the look-up of
ids, are part of it. The character classes are those of `shared.text.words`; only what differs
between a Python loop and a graph is written here. Only operations of the core library are used,
which every server has. `serving.py` of the text apps calls `WordTable` and `encode_stories`.
"""

import re
from pathlib import Path

import tensorflow as tf

from shared.text.words import (
    CLOSERS,
    INVISIBLE,
    LINE_BREAKS,
    PUNCTUATION,
    SENTENCE_ENDS,
    SPACES,
    UNKNOWN,
    UNKNOWN_ID,
    lower_table,
)


def _any_of(characters: str) -> str:
    return f"[{re.escape(characters)}]"


SENTENCE_END = f"({_any_of(SENTENCE_ENDS)}{_any_of(CLOSERS)}*) "
LEADING = f"(^| ){_any_of(PUNCTUATION)}+"
TRAILING = f"{_any_of(PUNCTUATION)}+( |$)"


class WordTable(tf.Module):
    """Words to ids and back, from the vocabulary file, which becomes an asset of the export.

    Args:
        path: what `shared.text.words.Vocabulary.save` wrote.
    """

    def __init__(self, path: Path | str) -> None:
        super().__init__()
        self.file = tf.saved_model.Asset(str(path))
        line, number = tf.lookup.TextFileIndex.WHOLE_LINE, tf.lookup.TextFileIndex.LINE_NUMBER
        self._ids = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(self.file, tf.string, line, tf.int64, number),
            default_value=UNKNOWN_ID,
        )
        self._words = tf.lookup.StaticHashTable(
            tf.lookup.TextFileInitializer(self.file, tf.int64, number, tf.string, line),
            default_value=UNKNOWN,
        )

    def ids(self, words: tf.Tensor | tf.RaggedTensor) -> tf.Tensor | tf.RaggedTensor:
        """Returns the id of each word, int32; 1 for an unknown one."""
        return tf.cast(self._ids[words], tf.int32)

    def words(self, ids: tf.Tensor) -> tf.Tensor:
        """Returns the word of each id."""
        return self._words[tf.cast(ids, tf.int64)]


def clean(text: tf.Tensor) -> tf.Tensor:
    """Replaces what is not UTF-8, drops invisible marks, and makes white space plain.

    Args:
        text: string (B,).
    """
    text = tf.strings.unicode_transcode(text, "UTF-8", "UTF-8", errors="replace")
    text = tf.strings.regex_replace(text, INVISIBLE, "")
    text = tf.strings.regex_replace(text, LINE_BREAKS, "\n")
    return tf.strings.regex_replace(text, SPACES, " ")


def lower(text: tf.Tensor) -> tf.Tensor:
    """Lower-cases one code point at a time, as `shared.text.words.lower_table` says.

    `tf.strings.lower` would also look at neighbours and at the server's language.

    Args:
        text: string (B,), valid UTF-8.
    """
    table = sorted(lower_table().items())
    upper = tf.constant([key for key, _ in table], tf.int32)
    partner = tf.constant([value for _, value in table], tf.int32)
    codes = tf.strings.unicode_decode(text, "UTF-8")
    flat = codes.flat_values
    place = tf.minimum(tf.searchsorted(upper, flat), len(table) - 1)
    lowered = tf.where(tf.gather(upper, place) == flat, tf.gather(partner, place), flat)
    return tf.strings.unicode_encode(codes.with_flat_values(lowered), "UTF-8")


def _words(text: tf.Tensor) -> tf.RaggedTensor:
    bare = lower(tf.strings.regex_replace(text, "\n", " "))
    bare = tf.strings.regex_replace(tf.strings.regex_replace(bare, LEADING, " "), TRAILING, " ")
    return tf.strings.split(bare)


def split_words(text: tf.Tensor) -> tf.RaggedTensor:
    """Returns the words of each text (B,) as string (B, J); see `words.split_words`."""
    return _words(clean(text))


def encode_stories(
    story: tf.Tensor,
    question: tf.Tensor,
    *,
    table: WordTable,
    max_words: int,
    memory_size: int,
) -> dict[str, tf.Tensor]:
    """Returns what `StoryPreprocessing.encode` of memory_qa returns, from raw strings.

    Args:
        story: string (B,).
        question: string (B,).
        table: the vocabulary.
        max_words: words kept of a sentence or question, from its start.
        memory_size: sentences kept of a story, from its end.

    Returns:
        "story_ids" int32 (B, N, J), right-aligned, empty rows of zeros first; "question_ids"
        int32 (B, J); "sentences" string (B, N), "" before the first sentence.
    """
    ended = tf.strings.regex_replace(clean(story), SENTENCE_END, "\\1\n")
    lines = tf.strings.split(ended, sep="\n")
    words = _words(lines.values)

    # Sentences without a word are dropped, and then all but the last of a story.
    spoken = tf.cast(words.row_lengths() > 0, tf.int64)
    so_far = tf.concat([[0], tf.cumsum(spoken)], axis=0)
    up_to_end = tf.gather(so_far, lines.row_limits())
    after = tf.gather(up_to_end, lines.value_rowids()) - so_far[1:]
    kept = tf.where((spoken > 0) & (after < memory_size))[:, 0]
    told = tf.minimum(up_to_end - tf.gather(so_far, lines.row_starts()), memory_size)

    asked = _words(clean(question))
    width = tf.reduce_max(
        tf.concat([[1], tf.gather(words.row_lengths(), kept), asked.row_lengths()], axis=0)
    )
    shape = tf.stack([-1, tf.minimum(width, max_words)])
    # Row 0, of zeros, is the empty memory.
    rows = table.ids(tf.gather(words, kept)).to_tensor(shape=shape)
    rows = tf.concat([tf.zeros([1, shape[1]], tf.int32), rows], axis=0)
    height = tf.reduce_max(tf.concat([[1], told], axis=0))
    back = tf.range(height - 1, -1, -1)[tf.newaxis, :]
    place = tf.where(back < told[:, tf.newaxis], tf.cumsum(told)[:, tf.newaxis] - back, 0)
    sentences = tf.strings.strip(tf.gather(lines.values, kept))
    return {
        "story_ids": tf.gather(rows, place),
        "question_ids": table.ids(asked).to_tensor(shape=shape),
        "sentences": tf.gather(tf.concat([[""], sentences], axis=0), place),
    }
