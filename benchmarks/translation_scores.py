"""Keeps what runs of translation reached: their scores on one split, and how long training took.

python -m benchmarks.translation_scores RUN [RUN ...] [--split validation] [--length-penalty 1]
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.measure import write_result
from shared.bundle import Bundle, load
from shared.held_out import load_held_out


def main() -> None:
    """Writes a row for each run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--split", default="validation", help="touch a test part once")
    parser.add_argument("--length-penalty", type=float, help="the run's own by default")
    parser.add_argument("--beam-width", type=int, help="the run's own by default")
    arguments = parser.parse_args()
    for run in arguments.runs:
        bundle = load(run)
        asked = {"length_penalty": arguments.length_penalty, "beam_width": arguments.beam_width}
        given: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
        decoding = replace(bundle.config.decoding, **given)
        bundle = replace(bundle, config=replace(bundle.config, decoding=decoding))
        examples = load_held_out(bundle, data=None, split=arguments.split)
        scores = bundle.app.evaluate(bundle, examples)
        lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        epochs = [json.loads(line) for line in lines]
        write_result(
            "translation_scores",
            {
                "run": run.name,
                "settings": _settings(bundle),
                "split": arguments.split,
                "sentences": len(examples),
                "epoch_minutes": round(sum(row["seconds"] for row in epochs) / 60, 1),
                "best_tokens_per_second": max(row["items_per_second"] for row in epochs),
                **{name: round(value, 2) for name, value in scores.items()},
            },
        )


def _settings(bundle: Bundle) -> str:
    """Returns what decides the translations, in one line."""
    config = bundle.config
    model, training, decoding = config.model, config.training, config.decoding
    return (
        f"{model.layers}+{model.layers} layers of {model.size}, "
        f"{'pre' if model.norm_first else 'post'}-norm, dropout {model.dropout:g}, "
        f"{config.tokens.vocabulary_size:,} pieces, BPE-dropout {config.tokens.dropout:g}, "
        f"{training.epochs} epochs, {training.schedule} from {training.learning_rate:g} after "
        f"{training.warm_up_steps:,} steps, seed {config.seed}; beam {decoding.beam_width}, length "
        f"penalty {decoding.length_penalty:g}"
    )


if __name__ == "__main__":
    main()
