"""Keeps what runs of image_classification reached: their scores on one split, and their time.

python -m benchmarks.image_scores RUN [RUN ...] [--split validation]
"""

import argparse
import json
from pathlib import Path
from typing import Any

from apps.image_classification.evaluation.accuracy import accuracy_interval
from apps.image_classification.scores import judge
from benchmarks.measure import write_result
from shared.bundle import load
from shared.held_out import load_held_out


def main() -> None:
    """Writes a row for each run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--split", default="validation", help="touch a test part once")
    arguments = parser.parse_args()
    for run in arguments.runs:
        bundle = load(run)
        examples = load_held_out(bundle, data=None, split=arguments.split)
        found = judge(bundle, examples)
        low, high = accuracy_interval(found.labels, found.probabilities, seed=bundle.config.seed)
        lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        epochs = [json.loads(line) for line in lines]
        write_result(
            "image_scores",
            {
                "run": run.name,
                "settings": _settings(bundle.config),
                "split": arguments.split,
                "pictures": len(examples),
                "epoch_minutes": round(sum(row["seconds"] for row in epochs) / 60, 1),
                "accuracy_interval": [round(low, 2), round(high, 2)],
                **{
                    name: round(value, 2)
                    for name, value in bundle.app.evaluate(bundle, examples).items()
                },
            },
        )


def _settings(config: Any) -> str:
    """Returns what decides the answers, in one line."""
    training, tune = config.training, config.fine_tune
    whole = (
        ""
        if config.recipe == "probe"
        else f", {training.epochs} epochs of {training.batch_size}, {training.schedule} from "
        f"{training.learning_rate:g}, factor {tune.rate_factor:g}, decay {tune.layer_decay:g}"
    )
    few = config.pictures.per_class
    return (
        f"{config.model.backbone}, {config.recipe}{whole}"
        f"{f', {few} a class' if few else ''}{f', ema {config.ema:g}' if config.ema else ''}"
        f", seed {config.seed}"
    )


if __name__ == "__main__":
    main()
