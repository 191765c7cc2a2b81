"""Writes a run in a form for other engines than TensorFlow Serving: a whole folder, or none.

`brickyard APP export RUN --format NAME` calls `export_folder` with what `App.export_formats` gives.
No server watches such a folder for versions, so it has a name and no number.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from shared.errors import OperationError, UserError
from shared.export.staging import staging

if TYPE_CHECKING:
    from shared.bundle import Bundle


def export_folder(bundle: "Bundle", target: Path, write: Callable[["Bundle", Path], None]) -> Path:
    """Writes a run beside its target, and renames it when it is whole.

    Args:
        bundle: a loaded run (`shared.bundle.load`).
        target: the folder to be; it must not be there yet.
        write: writes the run into an empty folder, and raises if what it wrote is not right.

    Returns:
        The target, as an absolute path.

    Raises:
        UserError: the target is there already.
        OperationError: the disk is full, or `write` says so; nothing was left behind.
    """
    target = Path(target).resolve()
    if target.exists():
        raise _taken(target)
    try:
        with staging(target.parent) as folder:
            write(bundle, folder)
            os.rename(folder, target)
    except OSError as error:
        # Somebody else may have made it since the first look.
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise _taken(target) from None
        raise OperationError(
            f"the export to {target} failed: {error}; nothing was left there, make room or choose "
            "another folder with --to"
        ) from error
    return target


def _taken(target: Path) -> UserError:
    return UserError(
        f"Expected a new folder for the export, received {target}, which is there already; "
        "remove it or choose another --name."
    )
