"""The settings of translation and its presets, each headed by its command, time and score."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
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
    """Translate from the second column of tab-separated files into the first."""
    max_words: int = 200
    """Training pairs with a longer side are left out."""
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
    """Pieces, those of both languages together."""
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
    max_tokens: int = 256
    """Tokens of a source sentence that are read; the rest is cut off."""


@dataclass(frozen=True)
class TranslationConfig(AppConfig):
    """Everything that decides a run of translation."""

    pairs: PairsConfig = field(default_factory=PairsConfig)
    tokens: TokensConfig = field(default_factory=TokensConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    label_smoothing: float = 0.1
    """Share of each target that is spread over the vocabulary (0 to 1)."""
    batch_tokens: int = 4096
    """Target tokens of a batch at most, padding included; training.batch_size is not used."""
    average: int = 10
    """Weights of so many last epochs are averaged in the end; 1 for the best epoch alone."""


# Transformer-tiny of Multi30k (Wu et al. 2021): post-norm, inverse square root after 2,000 steps.
_RECIPE = TrainingConfig(
    epochs=50,
    learning_rate=5e-3,
    beta_2=0.98,
    schedule="inverse_sqrt",
    warm_up_steps=2000,
)

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
        "base": TranslationConfig(training=_RECIPE),
    }
)
