"""Runs a command line in this process and keeps what it said."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest import mock

from shared.cli import main


@dataclass(frozen=True)
class Said:
    """The exit code of a command, and its two outputs."""

    code: int
    out: str
    err: str


def run_cli(*argv: object, stdin: bytes = b"") -> Said:
    """Runs `brickyard` with these arguments, in this process.

    Example:
    >>> run_cli("no-such-app").code
    2
    """
    out, err = io.StringIO(), io.StringIO()
    typed = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
    with redirect_stdout(out), redirect_stderr(err), mock.patch.object(sys, "stdin", typed):
        code = main([str(argument) for argument in argv])
    return Said(code, out.getvalue(), err.getvalue())
