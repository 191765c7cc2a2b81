"""Makes an export appear whole under its version number, or not at all.

The writer works in a folder beside the versions whose name is no integer, so a running server
never looks at it. Renaming is what publishes it, and a rename cannot replace a folder that
holds files. Two exporters, a killed one and one that fails are told apart by a lock that the
system drops when a process ends.
"""

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from shared.export.lineage import versions_of

_PREFIX = ".export-"


@contextmanager
def staging(base: Path) -> Iterator[Path]:
    """Gives a folder to write an export into; removes it, if it is still there, at the end.

    Folders that this makes on the way, and leftovers of killed exporters, are removed too.

    Args:
        base: the folder of the versions; made when missing.
    """
    made = _missing_parents(base)
    try:
        base.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            # Under one lock, lest another exporter sweep the folder away before it is held.
            with _locked(base):
                _sweep(base)
                folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=base))
                stack.callback(shutil.rmtree, folder, ignore_errors=True)
                stack.enter_context(_locked(folder))
            # mkdtemp makes private folders; a server often runs as another user.
            folder.chmod(0o755)
            yield folder
    finally:
        for path in made:
            try:
                path.rmdir()
            except OSError:  # it holds the export, or somebody else's work
                break


def publish(folder: Path, base: Path) -> Path:
    """Renames a finished folder to the next free version and returns its new place."""
    while True:
        target = base / str(max(versions_of(base), default=0) + 1)
        try:
            os.rename(folder, target)
        except OSError as error:
            # Another exporter took the number since it was counted: count again.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
                raise
        else:
            return target


def remove_version(folder: Path) -> None:
    """Removes a version: out of a server's sight first, so that it never loads half of one."""
    # Under the prefix, so that the next export sweeps it away should this one be killed here.
    hidden = folder.with_name(f"{_PREFIX}removed-{folder.name}")
    os.rename(folder, hidden)
    shutil.rmtree(hidden)


@contextmanager
def publishing(base: Path) -> Iterator[None]:
    """Holds off other exporters to the same base path while versions are counted and renamed."""
    with _locked(base):
        yield


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _missing_parents(base: Path) -> list[Path]:
    """Returns the folders that do not exist yet, innermost first."""
    return [path for path in (base, *base.parents) if not path.exists()]


def _sweep(base: Path) -> None:
    """Removes the folders of exporters that were killed: nobody holds their lock."""
    for path in base.glob(f"{_PREFIX}*"):
        try:
            descriptor = os.open(path, os.O_RDONLY)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(path, ignore_errors=True)
        except BlockingIOError:
            pass  # its exporter is at work
        finally:
            os.close(descriptor)
