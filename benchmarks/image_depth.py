"""Does a deeper network learn the drawings better? With shortcuts and without them.

    python -m benchmarks.image_depth [--epochs 12] [--per-class 250] [--networks resnet20 ...]

The experiment of He et al. 2015 (arXiv:1512.03385, figure 6) in small: resnet-20 and 56 against
plain-20 and 56, with lenet and googlenet beside them, all on the drawn pictures of 32 x 32 pixels
and by their recipe: SGD with momentum 0.9 and weight decay 1e-4, at a rate of 0.1 that is divided
by 10 after a half and after three quarters of the steps. Pictures are not varied. The training
error is the mean over the batches of an epoch, as they were met; validation is drawn anew. One row
a network is kept, with both errors after each epoch; its times include tracing and validation.
"""

import argparse
import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.measure import peak_memory_mib, write_result

if TYPE_CHECKING:
    import keras

NETWORKS = ("resnet20", "resnet56", "plain20", "plain56", "lenet", "googlenet")
SIZE = 32
MOMENTUM, DECAY = 0.9, 1e-4
# tanh saturates at the rate of the others.
RATES = {"lenet": 0.01}
RATE = 0.1
VALIDATION = 25


def main() -> None:
    """Trains each network and keeps its errors."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--networks", nargs="+", default=NETWORKS, choices=NETWORKS)
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--per-class", type=int, default=250, help="pictures of each class")
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="shows that it works; writes nothing")
    options = parser.parse_args()
    if options.quick:
        options.epochs, options.per_class = 2, 20
    train = pictures(options.per_class, seed=options.seed)
    validation = pictures(VALIDATION, seed=options.seed, first=options.per_class)
    rows = []
    for name in options.networks:
        row = trained(name, train, validation, options)
        rows.append(row)
        if options.quick:
            print(json.dumps(row))
        else:
            write_result("image_depth", row)
    print(table(rows))


def pictures(count: int, *, seed: int, first: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Returns drawn pictures float32 (N, SIZE, SIZE, 3), 0 to 255, and their classes int32 (N,)."""
    from apps.image_classification.sample import CLASSES, pixels_of

    drawn = [
        pixels_of(seed, label, number, SIZE)
        for label in CLASSES
        for number in range(first, first + count)
    ]
    return np.stack(drawn).astype(np.float32), np.repeat(np.arange(len(CLASSES)), count)


def trained(
    name: str,
    train: tuple[np.ndarray, np.ndarray],
    validation: tuple[np.ndarray, np.ndarray],
    options: argparse.Namespace,
) -> dict[str, Any]:
    """Trains a network and returns its errors after each epoch, in percent."""
    import keras

    keras.utils.set_random_seed(options.seed)
    model = built(name, classes=int(train[1].max()) + 1)
    steps = -(-len(train[0]) // options.batch_size)
    total = options.epochs * steps
    rate = RATES.get(name, RATE)
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(
        [total // 2, 3 * total // 4], [rate, rate / 10, rate / 100]
    )
    model.compile(
        optimizer=keras.optimizers.SGD(schedule, momentum=MOMENTUM, weight_decay=DECAY),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    started = time.perf_counter()
    history = model.fit(
        *train,
        batch_size=options.batch_size,
        epochs=options.epochs,
        validation_data=validation,
        validation_batch_size=options.batch_size,
        verbose=0,
    ).history
    seconds = time.perf_counter() - started
    return {
        "network": name,
        "parameters": int(sum(np.prod(one.shape) for one in model.trainable_weights)),
        "seed": options.seed,
        "pictures": len(train[0]),
        "epochs": options.epochs,
        "steps": total,
        "rate": rate,
        "seconds_per_step": round(seconds / total, 3),
        "minutes": round(seconds / 60, 1),
        "peak_memory_mib": peak_memory_mib(),
        "training_error_percent": errors(history["accuracy"]),
        "validation_error_percent": errors(history["val_accuracy"]),
    }


def built(name: str, *, classes: int) -> "keras.Model":
    """Builds a network by its name."""
    from apps.image_classification.models.googlenet import build_googlenet
    from apps.image_classification.models.lenet import build_lenet
    from apps.image_classification.models.resnet import build_resnet

    if name == "lenet":
        return build_lenet(classes=classes, size=SIZE)
    if name == "googlenet":
        return build_googlenet(classes=classes, size=SIZE)
    depth = int(name.removeprefix("resnet").removeprefix("plain"))
    return build_resnet(depth, classes=classes, size=SIZE, plain=name.startswith("plain"))


def errors(accuracies: list[float]) -> list[float]:
    """Returns errors in percent."""
    return [round(100 * (1 - one), 2) for one in accuracies]


def table(rows: list[dict[str, Any]]) -> str:
    """Returns a Markdown table of the last errors."""
    lines = [
        ["network", "parameters", "training error, %", "validation error, %", "minutes"],
        ["---", "---:", "---:", "---:", "---:"],
        *(
            [
                row["network"],
                f"{row['parameters']:,}",
                f"{row['training_error_percent'][-1]:.2f}",
                f"{row['validation_error_percent'][-1]:.2f}",
                f"{row['minutes']:.1f}",
            ]
            for row in rows
        ),
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main()
