"""The mean of the weights of the last epochs, which is often better than any of them.

A stage with `keep_last` leaves the weights of its last epochs in `state/epochs`; `average_weights`
puts their mean into the model (Junczys-Dowmunt et al. 2016, arXiv:1610.04265, section 2.3), and
`keep_better` sees whether that helped.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import keras
import numpy as np

from shared.errors import OperationError
from shared.files import read_arrays
from shared.training.weights import named_weights, restore_weights, save_weights

if TYPE_CHECKING:
    from shared.training.stage import Stage

EPOCHS = Path("state", "epochs")


def keep_epoch(
    model: keras.Model,
    run_dir: Path,
    *,
    epoch: int,
    keep: int,
    averages: Mapping[int, keras.Variable] | None = None,
) -> None:
    """Writes the weights of an epoch, and removes those of the epoch `keep` before it.

    Args:
        model: whose weights they are.
        run_dir: of the run.
        epoch: its number, from 1.
        keep: how many epochs are kept.
        averages: what is written in the place of some weights, see `save_weights`.
    """
    folder = run_dir / EPOCHS
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(model, folder / f"{epoch:05}.npz", averages=averages)
    for old in sorted(folder.glob("*.npz"))[:-keep]:
        old.unlink()


def average_weights(model: keras.Model, run_dir: Path) -> int:
    """Puts the mean of the kept epochs into a model.

    Returns:
        how many epochs were averaged.

    Raises:
        OperationError: none was kept.
    """
    files = sorted((run_dir / EPOCHS).glob("*.npz"))
    if not files:
        raise OperationError(f"Expected weights of epochs in {run_dir / EPOCHS}, found none.")
    weights = named_weights(model)
    sums = {name: np.zeros(tuple(weight.shape), np.float64) for name, weight in weights.items()}
    for file in files:
        for name, array in read_arrays(file).items():
            sums[name] += array
    for name, weight in weights.items():
        weight.assign((sums[name] / len(files)).astype(np.float32))
    return len(files)


def keep_better(
    stage: "Stage", run_dir: Path, best: Path, *, score: Callable[[], float]
) -> dict[str, float]:
    """Leaves in the model, and in a file, whichever scores better: the best epoch or the mean.

    A run that is killed here and resumed comes to the same end.

    Args:
        stage: with `keep_last`, after its training.
        run_dir: of the run.
        best: file of the weights of the best epoch; the mean replaces them where it is no worse.
        score: of the stage's model as it is now. Where `validate` looks at less than the run
            answers with, this should look at all: it is asked twice only.

    Returns:
        both scores: "best_epoch" and "mean".

    Raises:
        OperationError: no epoch was kept.
    """
    restore_weights(stage.model, best)
    scores = {"best_epoch": score()}
    average_weights(stage.model, run_dir)
    scores["mean"] = score()
    if stage.improves(scores["best_epoch"], scores["mean"]):
        restore_weights(stage.model, best)
    else:
        save_weights(stage.model, best)
    return scores
