"""Keeps what runs of image_captioning reached: their scores on one split, and their time.

python -m benchmarks.caption_scores RUN [RUN ...] [--split validation]
"""

import argparse
import json
from pathlib import Path
from typing import Any

from apps.image_captioning.evaluation.diversity import diversity_of
from apps.image_captioning.evaluation.evaluate import judge
from apps.image_captioning.evaluation.known import load_with_training
from apps.image_captioning.evaluation.scores import counted_by
from benchmarks.measure import write_result
from shared.bundle import load


def main() -> None:
    """Writes a row for each run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--split", default="validation", help="touch a test part once")
    arguments = parser.parse_args()
    for run in arguments.runs:
        bundle = load(run)
        examples, training = load_with_training(bundle, data=None, split=arguments.split)
        captions, found = judge(bundle, examples)
        various = diversity_of(captions, training)
        lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        epochs = [json.loads(line) for line in lines]
        write_result(
            "caption_scores",
            {
                "run": run.name,
                "settings": _settings(bundle.config),
                "split": arguments.split,
                "images": len(examples),
                "epoch_minutes": round(sum(row["seconds"] for row in epochs) / 60, 1),
                "counted_by": counted_by(),
                **{name: round(value, 2) for name, value in found.scores.items()},
                **{
                    f"distinct_{order}": round(share, 2)
                    for order, share in enumerate(various.distinct, start=1)
                },
                "different_captions_percent": round(various.different, 2),
                "novel_captions_percent": None
                if various.novel is None
                else round(various.novel, 2),
            },
        )


def _settings(config: Any) -> str:
    """Returns what decides the captions, in one line."""
    model, training, tuning, critical = (
        config.model,
        config.training,
        config.tuning,
        config.self_critical,
    )
    tuned = f", tuning {tuning.epochs} epochs of {tuning.layers} layers" if tuning.epochs else ""
    rewarded = (
        f", self-critical {critical.epochs} epochs of {critical.samples} samples, baseline "
        f"{critical.baseline}, from {critical.learning_rate:g}"
        if critical.epochs
        else ""
    )
    return (
        f"{model.kind} of {model.units} on {model.backbone}, {training.epochs} epochs of "
        f"{training.batch_size}, {training.schedule} from {training.learning_rate:g}, smoothing "
        f"{config.label_smoothing:g}, dropout {model.dropout:g}{tuned}{rewarded}, beam "
        f"{config.decoding.beam_width}, penalty {config.decoding.length_penalty:g}, "
        f"seed {config.seed}"
    )


if __name__ == "__main__":
    main()
