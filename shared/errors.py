"""What can end a command before its time, in the kinds a command line must tell apart.

A `UserError` is the user's mistake and is shown as one sentence (exit code 2); an
`OperationError` is a failure nobody chose, such as a full disk or a loss that became NaN
(exit code 1); `Stopped` is a wish that was granted (exit code 130); anything else is a defect
of ours and keeps its traceback. Every other module raises these, and only `shared.cli` turns
them into exit codes.
"""

import difflib
import importlib
from collections.abc import Iterable
from types import ModuleType


class UserError(Exception):
    """The user's mistake: says what was expected, what came, and what to do."""


class DataError(UserError):
    """A data source, file, line or request that cannot be used."""


class ConfigError(UserError):
    """An unknown or impossible setting."""


class BundleError(UserError):
    """A run folder that is missing, damaged, unfinished or of another kind."""


class MissingPackageError(UserError):
    """An optional package that is not installed; names the extra that brings it."""


class OperationError(Exception):
    """A failure that is nobody's mistake: nothing was lost, and the message says what to do."""


class Stopped(Exception):
    """Work that was asked to stop, and did so with nothing lost; says how to go on."""


def nearest(name: str, known: Iterable[str]) -> str:
    """Returns a hint with the nearest known name, to be put behind an error sentence.

    Example:
    >>> nearest("bsae", ["base", "smoke"])
    " Did you mean 'base'?"
    >>> nearest("x", ["base", "smoke"])
    ' Known: base, smoke.'
    """
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1)
    if close:
        return f" Did you mean {close[0]!r}?"
    return f" Known: {', '.join(known)}." if known else ""


def import_extra(module: str, *, extra: str) -> ModuleType:
    """Imports an optional package.

    Args:
        module: dotted name of the module.
        extra: the extra of the distribution `brickyard` that installs it.

    Raises:
        MissingPackageError: the package is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] != module.split(".")[0]:
            raise
        raise MissingPackageError(
            f"This needs the package {module.split('.')[0]!r}, which is not installed; "
            f"install it with: pip install 'brickyard[{extra}]'"
        ) from None
