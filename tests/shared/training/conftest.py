"""Processes that train the tiny run, and can be killed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


class Zygote:
    """Starts runs in processes of their own; see zygote.py."""

    def __init__(self, log, **environment):
        path = os.pathsep.join([str(ROOT), str(HERE)])
        self.backend = environment["KERAS_BACKEND"]
        self.log = log
        variables = {
            "PYTHONPATH": path,
            "TF_CPP_MIN_LOG_LEVEL": "3",
            # Each process would compile the same functions again, for many seconds.
            "JAX_COMPILATION_CACHE_DIR": str(log.parent / "compiled"),
            "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
            "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
            **environment,
        }
        with open(log, "w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, str(HERE / "zygote.py")],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env={**os.environ, **variables},
            )
        self._line()

    def _line(self):
        line = self._process.stdout.readline()
        if not line:
            pytest.fail(f"the process died: {self.log.read_text()}")
        return line.strip()

    def start(self, folder, **arguments):
        """Starts a run and returns its process id."""
        print(json.dumps({"folder": str(folder), **arguments}), file=self._process.stdin)
        self._process.stdin.flush()
        return int(self._line())

    def wait(self):
        """Waits for the end of the run and returns its exit status; minus the signal if killed."""
        return int(self._line())

    def run(self, folder, **arguments):
        """Does a run and returns its exit status."""
        self.start(folder, **arguments)
        return self.wait()

    def finished_run(self):
        """Returns the folder of a run that nothing has interrupted; it is done once."""
        folder = self.log.parent / "finished"
        if not folder.exists():
            assert self.run(folder) == 0, self.log.read_text()
        return folder

    def close(self):
        self._process.stdin.close()
        self._process.wait(timeout=60)
        self._process.stdout.close()


@pytest.fixture(scope="session")
def zygotes(tmp_path_factory):
    """Returns a function that starts a zygote, or gives the one that is already there."""
    known = {}

    def get(backend, number=0):
        if (backend, number) not in known:
            log = tmp_path_factory.mktemp("zygote") / "stderr.txt"
            known[backend, number] = Zygote(log, KERAS_BACKEND=backend)
        return known[backend, number]

    yield get
    for zygote in known.values():
        zygote.close()


@pytest.fixture(scope="module", params=["tensorflow", "jax"])
def zygote(request, zygotes):
    return zygotes(request.param)


@pytest.fixture(scope="module")
def another_zygote(zygote, zygotes):
    return zygotes(zygote.backend, 1)
