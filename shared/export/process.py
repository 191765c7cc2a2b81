"""Starts `native.py` in a process that knows nothing of this one.

Used by `ops` and `verify`. `-I` keeps the project, the current folder and user packages out of
the interpreter, and the environment is built from nothing, so that a variable set on this
machine cannot make a bad export pass.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from shared.errors import OperationError
from shared.export import native

TIMEOUT_SECONDS = 600.0
# Where a machine keeps its C++ libraries says nothing about the model.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")


def run_native(arguments: Sequence[str], *, folder: Path) -> str:
    """Runs `native.py` and returns what it printed.

    Args:
        arguments: its command line, see `python native.py --help`.
        folder: the working folder of the process.

    Raises:
        OperationError: the process failed; holds the reason that the C++ runtime gave.
    """
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    # No accelerator: kernels for one must not hide that a plain server lacks them.
    environment |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"}
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(Path(native.__file__).resolve()), *arguments],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise OperationError(
            f"the C++ runtime gave no answer within {TIMEOUT_SECONDS:.0f} seconds"
        ) from None
    if done.returncode:
        raise OperationError(_reason(done.stderr, done.returncode))
    return done.stdout


def _reason(stderr: str, code: int) -> str:
    """Returns what native.py said of its failure, without the runtime's log."""
    marker = "native.py: "
    if marker in stderr:
        return stderr[stderr.rindex(marker) + len(marker) :].strip()
    ending = stderr.strip()[-500:]
    return f"the C++ runtime ended with code {code}: {ending or 'it said nothing'}"


def text_libraries() -> list[Path]:
    """Returns the op libraries of tensorflow-text, or none where it is not installed."""
    spec = find_spec("tensorflow_text")
    if spec is None or spec.origin is None:
        return []
    return sorted(Path(spec.origin).parent.glob("python/*/_*.so"))


@cache
def registered_ops() -> tuple[frozenset[str], dict[str, str]]:
    """Returns the core ops of the C++ runtime, and the library of each tensorflow-text op."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "ops.json")
        libraries = [f"--library={path}" for path in text_libraries()]
        run_native(["ops", str(out), *libraries], folder=Path(folder))
        found = json.loads(out.read_text())
    text = {op: library for library, ops in found["libraries"].items() for op in ops}
    return frozenset(found["core"]), text
