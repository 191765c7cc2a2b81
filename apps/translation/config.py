"""The settings of translation and its presets, each headed by its command, time and score."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from shared.config import AppConfig, TrainingConfig


@dataclass(frozen=True)
class PairsConfig:
    """Which sentence pairs are read, and which of them are kept."""

    source: str = ""
    """Language to translate from (en, ...), where the data does not say it."""
    target: str = ""
    """Language to translate into."""
    swap: bool = False
    """Translate from the second column of tab-separated files into the first; the sample from
    French."""
    max_words: int = 200
    """Training pairs with a longer side are left out."""
    max_characters: int = 1500
    """Likewise in characters, for writing without spaces."""
    max_ratio: float = 4.0
    """Training pairs whose sides differ more in length are left out."""
    copies: Literal["drop", "keep"] = "drop"
    """What happens to training pairs whose translation is the source itself."""
    validation_size: int = 1000
    """Source sentences held back where the data has no validation part; at most a tenth."""
    test_size: int = 1000
    """Likewise for a test part."""


@dataclass(frozen=True)
class TokensConfig:
    """How sentences become tokens."""

    method: Literal["unigram", "bpe"] = "bpe"
    """How sentencepiece cuts words."""
    vocabulary_size: int = 6_000
    """Pieces, of both languages together or of each."""
    joint: bool = True
    """One vocabulary for both languages; off: one for each, and a table of embeddings for each."""
    dropout: float = 0.0
    """Share of the merges of bpe that are left out in training, anew in each epoch (0 to 1)."""
    character_coverage: float = 1.0
    """Share of the characters of the text that get a piece; below 1 for scripts of thousands."""
    lower_case: bool = False
    """Make all text lower-case, translations too."""
    byte_fallback: bool = False
    """Write unknown characters as bytes, so that nothing is unknown."""


@dataclass(frozen=True)
class ModelConfig:
    """The shape of the Transformer."""

    layers: int = 4
    """Blocks of the encoder, and as many of the decoder."""
    size: int = 128
    """D, the width of a token."""
    num_heads: int = 4
    """H, heads of every attention; divides D."""
    units: int = 256
    """Width of the feed-forward parts."""
    dropout: float = 0.3
    """Share that is dropped of embeddings and of what each part of a block adds (0 to 1)."""
    attention_dropout: float = 0.0
    """Likewise of attention weights."""
    activation_dropout: float = 0.0
    """Likewise of the rectified units of the feed-forward parts."""
    norm_first: bool = False
    """Normalise before each part of a block instead of after its sum."""


@dataclass(frozen=True)
class DecodingConfig:
    """How a translation is searched for; an export keeps these settings."""

    beam_width: int = 5
    """K, hypotheses kept; 1 is greedy."""
    length_penalty: float = 1.0
    """alpha of ((5 + n) / 6) ** alpha, by which a hypothesis of n tokens is normalised."""
    n_best: int = 1
    """Translations returned for a sentence, at most the beam width."""
    max_ratio: float = 2.0
    """Tokens of a translation for each token of its source, and ten more, at most."""
    coverage_penalty: float = 0.0
    """beta, by how much a hypothesis loses that leaves source tokens unread; 0 for nothing."""
    no_repeat_ngram: int = 0
    """No sequence of so many tokens comes twice in a translation; 0 allows it."""
    max_tokens: int = 256
    """Tokens of a source sentence that are read; the rest is cut off."""


@dataclass(frozen=True)
class TranslationConfig(AppConfig):
    """Everything that decides a run of translation."""

    pairs: PairsConfig = field(default_factory=PairsConfig)
    tokens: TokensConfig = field(default_factory=TokensConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    start: Path | None = None
    """A run to go on from: its tokens and its weights are the first ones. A lower
    training.learning_rate with few warm-up steps keeps what it knows."""
    label_smoothing: float = 0.1
    """Share of each target that is spread over the vocabulary (0 to 1)."""
    batch_tokens: int = 4096
    """Tokens of the longer side of a batch at most, padding included, in place of
    training.batch_size."""
    average: int = 10
    """Weights of so many last epochs are averaged in the end, and kept where their mean translates
    better than the best epoch; 1 for the best epoch alone."""


# The shape of Transformer-tiny for Multi30k (Wu et al. 2021), but normalised before each part,
# which bears a shorter warm-up. No patience: a cosine is best at its end.
_RECIPE = TrainingConfig(
    epochs=50, learning_rate=4e-3, beta_2=0.98, schedule="cosine", warm_up_steps=1000
)
# Vaswani et al. 2017: a peak of 1 / sqrt(512 * 4000); about 25,000 tokens an update, in four parts.
_LONG_RECIPE = replace(
    _RECIPE,
    epochs=20,
    learning_rate=7e-4,
    schedule="inverse_sqrt",
    warm_up_steps=4000,
    accumulate=4,
)
_LARGE_TOKENS = TokensConfig(vocabulary_size=37_000)
_WMT_DECODING = DecodingConfig(beam_width=4, length_penalty=0.6)

PRESETS: Mapping[str, TranslationConfig] = MappingProxyType(
    {
        # brickyard translation train --preset smoke --out runs/smoke
        # The built-in sample, some seconds; only shows that everything works.
        "smoke": TranslationConfig(
            tokens=TokensConfig(vocabulary_size=300),
            model=ModelConfig(layers=1, size=32, num_heads=2, units=64, dropout=0.1),
            training=replace(_RECIPE, epochs=2, warm_up_steps=50),
            batch_tokens=1024,
            average=1,
        ),
        # brickyard translation train --data multi30k --pairs.source en --pairs.target de --out RUN
        # 30,000 short pairs: 61 minutes on two cores, 40.8 lower-cased tokenised BLEU on the
        # validation part of Multi30k en-de, 38.6 on test 2016.
        "base": TranslationConfig(
            model=ModelConfig(norm_first=True),
            decoding=DecodingConfig(length_penalty=2.0),
            training=_RECIPE,
            average=5,
        ),
        # brickyard translation train --preset small --data iwslt14 --out RUN
        # Some 100,000 pairs, on a GPU; not run here. The shape and recipe that fairseq uses for
        # IWSLT14 (Ott et al. 2019, arXiv:1904.01038).
        "small": TranslationConfig(
            tokens=TokensConfig(vocabulary_size=10_000),
            model=ModelConfig(layers=6, size=512, num_heads=4, units=1024, dropout=0.3),
            training=replace(_LONG_RECIPE, epochs=50, learning_rate=5e-4, accumulate=1),
        ),
        # brickyard translation train --preset transformer_base --data wmt14 --out RUN
        # Millions of pairs, days on a GPU; not run here. "base" of Vaswani et al. 2017, table 3.
        "transformer_base": TranslationConfig(
            tokens=_LARGE_TOKENS,
            model=ModelConfig(layers=6, size=512, num_heads=8, units=2048, dropout=0.1),
            decoding=_WMT_DECODING,
            training=_LONG_RECIPE,
            batch_tokens=6250,
            average=5,
        ),
        # brickyard translation train --preset transformer_big --data wmt14 --out RUN
        # Likewise, three times as long; not run here. "big" of the same table.
        "transformer_big": TranslationConfig(
            tokens=_LARGE_TOKENS,
            model=ModelConfig(layers=6, size=1024, num_heads=16, units=4096, dropout=0.3),
            decoding=_WMT_DECODING,
            training=replace(_LONG_RECIPE, epochs=60, learning_rate=5e-4),
            batch_tokens=6250,
            average=20,
        ),
    }
)
