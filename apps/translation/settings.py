"""What settings of translation must be to make sense; training looks before it reads any data."""

from typing import TYPE_CHECKING

from shared.errors import ConfigError

if TYPE_CHECKING:
    from apps.translation.config import TranslationConfig


def check_settings(config: "TranslationConfig") -> None:
    """Refuses settings that could only fail later, after minutes or hours.

    Raises:
        ConfigError: lists every one that is out of its range.
    """
    model, tokens, decoding = config.model, config.tokens, config.decoding
    from_one = {
        "model.layers": model.layers,
        "model.size": model.size,
        "model.num_heads": model.num_heads,
        "model.units": model.units,
        "decoding.beam_width": decoding.beam_width,
        "decoding.n_best": decoding.n_best,
        "decoding.max_tokens": decoding.max_tokens,
        "batch_tokens": config.batch_tokens,
        "average": config.average,
        "training.epochs": config.training.epochs,
        "training.accumulate": config.training.accumulate,
    }
    from_zero = {
        "decoding.max_ratio": decoding.max_ratio,
        "decoding.coverage_penalty": decoding.coverage_penalty,
        "decoding.no_repeat_ngram": decoding.no_repeat_ngram,
    }
    shares = {
        "model.dropout": model.dropout,
        "model.attention_dropout": model.attention_dropout,
        "model.activation_dropout": model.activation_dropout,
        "tokens.dropout": tokens.dropout,
        "label_smoothing": config.label_smoothing,
    }
    problems = [f"{name} {value}, not from 1 on" for name, value in from_one.items() if value < 1]
    problems += [f"{name} {value}, below 0" for name, value in from_zero.items() if not value >= 0]
    problems += [
        f"{name} {value}, not from 0 to below 1"
        for name, value in shares.items()
        if not 0 <= value < 1
    ]
    if not 0 < tokens.character_coverage <= 1:
        problems.append(
            f"tokens.character_coverage {tokens.character_coverage}, not above 0 to at most 1"
        )
    if tokens.dropout and tokens.method != "bpe":
        problems.append(f"tokens.dropout {tokens.dropout}, which tokens.method bpe alone has")
    if decoding.n_best > decoding.beam_width:
        problems.append(
            f"decoding.n_best {decoding.n_best}, more than decoding.beam_width "
            f"{decoding.beam_width}"
        )
    if model.num_heads > 0 and (model.size % model.num_heads or model.size % 2):
        problems.append(
            f"model.size {model.size}, which is odd or no multiple of model.num_heads "
            f"{model.num_heads}"
        )
    if problems:
        raise ConfigError(f"Expected settings that make sense, received {'; '.join(problems)}.")
