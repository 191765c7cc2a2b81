"""The state of a run: one file that is the truth, from which training goes on after any death.

Everything a step depends on is in it: all variables of all stages' models (the random seeds of
dropout among them), the optimizer's, the running scores of the unfinished epoch, and where the
run stands. Batch i is a function of i alone, so no iterator needs saving. The file is replaced
as a whole, at once; what is derived from it (weights/best.npz, weights/last.npz,
metrics.jsonl) is written after it, and written again when a run is resumed at that very place.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keras
import numpy as np

from shared.errors import BundleError
from shared.files import read_arrays, write_arrays
from shared.training.stage import Stage

FORMAT = 1
GROUPS = ("variables", "optimizer", "metrics")


@dataclass
class Position:
    """Where a run stands, and all that is known of it apart from arrays.

    Args:
        stage: index of the stage.
        step: steps done in this stage.
        best: the best score so far, of this stage or of those whose best weights it started from;
            None before there is one.
        best_epoch: the epoch of that score, counted from 1 in this stage; 0 for none of it.
        rows: all rows of metrics.jsonl, one for each epoch that has ended, of all stages.
        seconds: time spent in the unfinished epoch.
        items: rows of batches trained on in the unfinished epoch.
        scores: training scores of the unfinished epoch, up to the last saved step.
    """

    stage: int = 0
    step: int = 0
    best: float | None = None
    best_epoch: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0
    items: int = 0
    scores: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class SavedState:
    """What the file holds: where the run stands, and arrays in order.

    Args:
        position: where the run stands.
        variables: of all stages' models.
        optimizer: of the optimizer of the current stage.
        metrics: running sums of the scores of the unfinished epoch.
    """

    position: Position
    variables: Sequence[np.ndarray]
    optimizer: Sequence[np.ndarray]
    metrics: Sequence[np.ndarray]


def unique_variables(stages: Sequence[Stage]) -> list[keras.Variable]:
    """Returns every variable of every stage's model once, random seeds included, in order."""
    variables = {id(variable): variable for s in stages for variable in s.model.variables}
    return list(variables.values())


def fingerprint(stages: Sequence[Stage], seed: int) -> dict[str, Any]:
    """What must be the same for a state to be of this run; epochs may be added."""
    return {
        "seed": seed,
        "stages": [stage.name for stage in stages],
        "steps an epoch": [len(stage.train) for stage in stages],
    }


def save_state(path: Path, state: SavedState, *, run: Mapping[str, Any]) -> None:
    """Replaces the state file as a whole.

    Args:
        path: of the file.
        state: what to save.
        run: the `fingerprint` of the run.
    """
    about = {"format": FORMAT, "run": run, "position": asdict(state.position)}
    arrays = {"about": np.array(json.dumps(about))}
    for group in GROUPS:
        for number, array in enumerate(getattr(state, group)):
            arrays[f"{group}/{number}"] = array
    write_arrays(path, arrays)


def load_state(path: Path, *, run: Mapping[str, Any]) -> SavedState:
    """Reads a state file and makes sure that it is of this run.

    Raises:
        BundleError: the file is damaged, or of another run.
    """
    arrays = read_arrays(path)
    try:
        about = json.loads(str(arrays.pop("about")))
        position, saved_run = Position(**about["position"]), about["run"]
    except (KeyError, TypeError, ValueError):
        about = {}
    if about.get("format") != FORMAT:
        raise BundleError(
            f"Expected a training state of format {FORMAT} in {path}, received format "
            f"{about.get('format')}; train the run again."
        )
    changed = [
        f"{name} {saved_run.get(name)} instead of {value}"
        for name, value in run.items()
        if saved_run.get(name) != value
    ]
    if changed:
        raise BundleError(
            f"Expected the state of this very run in {path}, received one with "
            f"{'; '.join(changed)}; resume with the settings the run was started with."
        )
    groups: dict[str, list[np.ndarray]] = {group: [] for group in GROUPS}
    for name, array in arrays.items():
        groups[name.partition("/")[0]].append(array)
    return SavedState(position, **groups)


def assign_all(
    variables: Iterable[keras.Variable], arrays: Sequence[np.ndarray], *, what: str
) -> None:
    """Assigns saved arrays to variables, or none of them.

    Order and shape decide, not names: a layer without a name of its own is called differently
    when a process builds it a second time.

    Args:
        variables: in the order in which they were saved.
        arrays: what was saved of them.
        what: what the variables are of, for the error.

    Raises:
        BundleError: number or shapes differ; lists all differences.
    """
    variables = list(variables)
    problems = [
        f"{variable.path!r} of shape {array.shape} instead of {tuple(variable.shape)}"
        for variable, array in zip(variables, arrays, strict=False)
        if tuple(variable.shape) != array.shape
    ]
    if len(arrays) != len(variables):
        problems.append(f"{len(arrays)} arrays instead of {len(variables)}")
    if problems:
        raise BundleError(
            f"Expected the saved state of this {what}, received: {'; '.join(problems)}; "
            "resume with the settings the run was started with."
        )
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
