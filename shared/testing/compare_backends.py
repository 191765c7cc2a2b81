"""Runs layers with the same weights on two backends; called by tests.

Run as a module, this file is the other backend's half: one process for all layers, because
starting a backend is slow.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from importlib import import_module
from pathlib import Path

import keras
import numpy as np

from shared.files import read_arrays, write_arrays, write_json
from shared.testing.layer_case import (
    LayerCase,
    LayerCheckError,
    call_layer,
    largest_difference,
    randomise_weights,
    serialise_layer,
    to_arrays,
)


def compare_backends(
    cases: Iterable[LayerCase], *, backend: str = "jax", tolerance: float = 1e-5
) -> dict[str, float]:
    """Runs the layers with the same weights on another backend, in one process for all of them.

    Args:
        cases: the layers; their classes must be importable by module name.
        backend: the other backend.
        tolerance: largest difference allowed, relative to the largest output (at least 1).

    Returns:
        Largest difference by class name (and number of the case).

    Raises:
        LayerCheckError: a difference above the tolerance, or the other process failed.
    """
    cases = list(cases)
    with tempfile.TemporaryDirectory() as folder:
        here = [_write_job(case, Path(folder, str(number))) for number, case in enumerate(cases)]
        _start_other(folder, backend)
        differences = {}
        for number, (case, values) in enumerate(zip(cases, here, strict=True)):
            there = list(read_arrays(Path(folder, str(number), "outputs.npz")).values())
            scale = max([1.0, *(float(np.abs(value).max(initial=0.0)) for value in values)])
            differences[f"{case.name} ({number})"] = largest_difference(values, there) / scale
    far = {name: value for name, value in differences.items() if not value <= tolerance}
    if far:
        raise LayerCheckError(f"{backend} differs from {keras.backend.backend()}: {far}")
    return differences


def _write_job(case: LayerCase, folder: Path) -> list[np.ndarray]:
    """Writes layer, weights and inputs for the other process; returns this one's outputs."""
    layer = case.make()
    call_layer(layer, case.inputs)
    randomise_weights(layer)
    inputs = dict(case.inputs)
    write_arrays(folder / "weights.npz", _numbered(to_arrays(layer.weights)))
    write_arrays(folder / "inputs.npz", _numbered(keras.tree.flatten(inputs)))
    job = {
        "module": case.cls.__module__,
        "layer": serialise_layer(layer),
        "inputs": keras.tree.map_structure(lambda array: None, inputs),
    }
    write_json(folder / "job.json", job)
    return to_arrays(call_layer(layer, case.inputs))


def _numbered(arrays: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    # Fixed width: whoever reads the file may sort the names.
    return {f"{number:04d}": array for number, array in enumerate(arrays)}


def _start_other(folder: str, backend: str) -> None:
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    result = subprocess.run(
        [sys.executable, "-m", __name__, folder],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise LayerCheckError(f"the {backend} process failed:\n{result.stderr[-3000:]}")


def _run_jobs(folder: Path) -> None:
    """The other backend's half of `compare_backends`."""
    for job_path in folder.glob("*/job.json"):
        job = json.loads(job_path.read_text(encoding="utf-8"))
        import_module(job["module"])  # registers the class
        layer = keras.saving.deserialize_keras_object(job["layer"])
        flat = list(read_arrays(job_path.parent / "inputs.npz").values())
        inputs = keras.tree.pack_sequence_as(job["inputs"], flat)
        call_layer(layer, inputs)
        layer.set_weights(list(read_arrays(job_path.parent / "weights.npz").values()))
        outputs = to_arrays(call_layer(layer, inputs))
        write_arrays(job_path.parent / "outputs.npz", _numbered(outputs))


if __name__ == "__main__":
    _run_jobs(Path(sys.argv[1]))
