"""The settings of word_analogies and its presets, each headed by its command, time and score."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from shared.config import AppConfig, RuntimeConfig, TrainingConfig


@dataclass(frozen=True)
class TextConfig:
    """How text becomes sentences of words, and which words are kept."""

    split: Literal["words", "whitespace"] = "words"
    """Cut words out of running text, or take text that is tokenised already, a sentence a line."""
    lower: bool = True
    """Make words lower-case."""
    numbers: Literal["keep", "drop", "mask"] = "keep"
    """What becomes of numbers; mask turns every digit into 0."""
    ends: Literal["punctuation", "lines"] = "punctuation"
    """Where a sentence ends."""
    phrase_passes: int = 0
    """How often frequent pairs are joined (new york to new_york); each pass reads the text once."""
    phrase_threshold: float = 10.0
    """Score above which a pair is a phrase; a higher one gives fewer."""
    min_count: int = 5
    """Words seen less often are left out."""
    max_words: int | None = None
    """At most so many words are kept, the most frequent ones; None for all."""


@dataclass(frozen=True)
class VectorsConfig:
    """How the vectors are trained."""

    trainer: Literal["keras", "gensim", "lsa"] = "keras"
    """Skip-gram in Keras on any device; gensim on the processor; or, for comparison, counting."""
    method: Literal["skip_gram", "cbow"] = "skip_gram"
    """Predict the context from a word, or (gensim only) a word from its context."""
    size: int = 100
    """D, the numbers of a vector."""
    window: int = 5
    """Words on each side at most; every word draws its own number from 1 to this."""
    negatives: int = 5
    """Words drawn from noise for each pair."""
    sample: float = 1e-3
    """Words more frequent than this share of the text are thinned out; 0 for none."""
    row: int = 32
    """Neighbouring words that share their negatives (keras)."""
    shared_negatives: int = 32
    """Negatives of such a row (keras); more are slower and less noisy."""
    workers: int = 1
    """Threads of gensim; with more than one, two runs of a seed differ."""
    start: Path | None = None
    """A run to go on from: its words keep their vectors, new words of the text are added."""


@dataclass(frozen=True)
class WordAnalogiesConfig(AppConfig):
    """Everything that decides a run of word_analogies."""

    questions: tuple[str, ...] = ()
    """Test sets to score by, files or gensim:NAME; by default those that come with gensim."""
    text: TextConfig = field(default_factory=TextConfig)
    vectors: VectorsConfig = field(default_factory=VectorsConfig)
    answers: int = 10
    """K, the words of an answer, also of an export."""


# word2vec's own recipe: plain gradient descent, at a rate that falls to nothing. A batch is the
# words of a block, whose updates are summed before the next block is looked at.
_RECIPE = TrainingConfig(
    batch_size=512, epochs=5, optimizer="sgd", learning_rate=0.025, schedule="linear"
)
# Without XLA every step would copy both tables.
_RUNTIME = RuntimeConfig(jit_compile=True)
_SMALL = WordAnalogiesConfig(
    text=TextConfig(min_count=2),
    vectors=VectorsConfig(size=32, window=3),
    training=replace(_RECIPE, batch_size=128, epochs=10, learning_rate=0.05),
    runtime=_RUNTIME,
)

PRESETS: Mapping[str, WordAnalogiesConfig] = MappingProxyType(
    {
        # brickyard word-analogies train --preset smoke --out runs/smoke
        # The built-in sample, a few seconds; all planted analogies are right.
        "smoke": _SMALL,
        # brickyard word-analogies train --preset equal --data TEXT --out runs/equal
        # The settings at which the two trainers are compared; add --vectors.trainer gensim.
        # 24 M words of Wikipedia, 5 minutes (gensim: 7); accuracy 31.3 % (gensim: 30.7 %).
        "equal": WordAnalogiesConfig(training=_RECIPE, runtime=_RUNTIME),
        # brickyard word-analogies train --preset lsa --data TEXT --out runs/lsa
        # What counting and factoring reaches without training; its table is words by words.
        "lsa": WordAnalogiesConfig(
            text=TextConfig(max_words=30_000),
            vectors=VectorsConfig(trainer="lsa", size=300),
            training=_RECIPE,
        ),
        # brickyard word-analogies train --data TEXT --out runs/wiki
        # 24 M words of Wikipedia, 64 minutes on two busy cores; accuracy 42.3 % of 19,544 questions
        # (one seed, no vocabulary limit).
        "base": WordAnalogiesConfig(
            vectors=VectorsConfig(size=300, window=8, sample=1e-4),
            training=replace(_RECIPE, epochs=30, checkpoint_seconds=120.0),
            runtime=_RUNTIME,
        ),
    }
)
