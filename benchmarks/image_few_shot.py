"""How accuracy grows with the pictures of a class: linear probes, several seeds each.

python -m benchmarks.image_few_shot --data FOLDER --weights FILE [--shots 1 5 20] [--seeds 0 1 2]
"""

import argparse
import statistics
import tempfile
from dataclasses import replace
from pathlib import Path

from apps.image_classification.app import ImageClassification
from apps.image_classification.config import PRESETS
from benchmarks.measure import write_result


def main() -> None:
    """Trains the probes and writes one row a number of shots."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--validation-fraction", type=float, default=0.2)
    parser.add_argument("--shots", type=int, nargs="+", default=[1, 5, 20, 100])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    arguments = parser.parse_args()
    base, app = PRESETS["base"], ImageClassification()
    with tempfile.TemporaryDirectory() as folder:
        for shots in arguments.shots:
            accuracies = []
            for seed in arguments.seeds:
                config = replace(
                    base,
                    data=arguments.data,
                    seed=seed,
                    model=replace(base.model, weights=arguments.weights),
                    pictures=replace(
                        base.pictures,
                        per_class=shots,
                        validation_fraction=arguments.validation_fraction,
                    ),
                )
                bundle = app.train(config, Path(folder, f"{shots}-{seed}"))
                accuracies.append(bundle.manifest["scores"]["accuracy_percent"])
            write_result(
                "image_few_shot",
                {
                    "network": base.model.backbone,
                    "per_class": shots,
                    "seeds": arguments.seeds,
                    "accuracy_percent": round(statistics.mean(accuracies), 2),
                    "lowest": round(min(accuracies), 2),
                    "highest": round(max(accuracies), 2),
                },
            )


if __name__ == "__main__":
    main()
