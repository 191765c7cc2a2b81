"""Proves that an export answers right on a machine that has nothing of ours.

`export` calls this before it publishes a version, and `brickyard verify MODEL` does it again
for any export, with nothing but the folder: structure, files, ops, answers by value from the
C++ runtime in a fresh process after the folder was moved, the numeric core, and on request its
lowering for an accelerator.
"""

import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tensorflow.core.protobuf import saved_model_pb2

from shared.errors import OperationError, UserError
from shared.export import cases as stored
from shared.export.accelerators import (
    Accelerator,
    find_core,
    lower,
    require_accelerator,
)
from shared.export.compare import answer_differences, batch_differences
from shared.export.lineage import EXTRA, digests, is_version, read_record, versions_of
from shared.export.native import Case, read_cases, write_cases
from shared.export.ops import op_problems, read_saved_model, used_ops
from shared.export.process import registered_ops, run_native
from shared.export.served import CORE_ALIAS

_SHOWN_DIFFERENCES = 5


@dataclass(frozen=True)
class Row:
    """One check: its name, whether it passed, and what was seen."""

    check: str
    ok: bool
    detail: str


@dataclass(frozen=True)
class Report:
    """What a verification found.

    Args:
        folder: the version that was verified.
        rows: the checks, in the order they were made.
    """

    folder: Path
    rows: tuple[Row, ...]

    @property
    def problems(self) -> list[str]:
        """One line for each check that failed."""
        return [f"{row.check}: {row.detail}" for row in self.rows if not row.ok]

    def print(self) -> None:
        """Shows the checks as a table on stdout."""
        Console().print(self)

    def __rich__(self) -> Table:
        table = Table("check", "", "detail", title=str(self.folder))
        for row in self.rows:
            table.add_row(row.check, "ok" if row.ok else "FAILED", row.detail)
        return table


class VerificationFailed(OperationError):
    """An export that must not be served; lists all problems.

    Args:
        report: what was found.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        lines = [f"  - {problem}" for problem in report.problems]
        super().__init__("\n".join([f"{report.folder} failed verification:", *lines]))


def verify(
    model_dir: Path, *, accelerator: Accelerator | None = None, work: Path | None = None
) -> Report:
    """Verifies an export.

    Args:
        model_dir: a version folder, or the base path above it (its highest version is taken).
        accelerator: also lower the core for "gpu" or "tpu"; the device itself is not needed.
        work: an existing folder for the temporary copy; by default the system's.

    Raises:
        UserError: the path is no export, or the accelerator's packages are not installed.
        VerificationFailed: lists everything that is wrong.
    """
    if accelerator is not None:
        require_accelerator(accelerator)
    report = inspect(version_folder(Path(model_dir)), accelerator=accelerator, work=work)
    if report.problems:
        raise VerificationFailed(report)
    return report


def version_folder(path: Path) -> Path:
    """Returns the version folder that a path means.

    Raises:
        UserError: says which level was given, and which one to give.
    """
    if not path.is_dir():
        raise UserError(f"Expected the folder of an export, found none at {path}.")
    if (path / "saved_model.pb").is_file():
        if is_version(path.resolve().name):
            return path
        raise UserError(
            f"Expected a version folder named by an integer, received {path}: a server would not "
            "see it; rename it, for instance to 1."
        )
    versions = versions_of(path)
    if versions:
        return versions[max(versions)]
    if (path / "manifest.json").is_file():
        raise UserError(
            f"Expected an export, received the run folder {path}; make one with: "
            f"brickyard APP export {path}"
        )
    below = sorted(child.name for child in path.iterdir() if versions_of(child))
    if below:
        raise UserError(
            f"Expected one model, received {path} with several; give one of: "
            + ", ".join(str(path / name) for name in below)
        )
    if (path.parent / "saved_model.pb").is_file():
        raise UserError(f"Expected a version folder, received a part of one; give {path.parent}.")
    raise UserError(
        f"Expected an export (NAME/VERSION/saved_model.pb), found none in {path}; make one with: "
        "brickyard APP export RUN"
    )


def inspect(
    folder: Path, *, accelerator: Accelerator | None = None, work: Path | None = None
) -> Report:
    """Makes all checks and returns what they found, without raising for a bad export."""
    rows: list[Row] = []

    def check(name: str, body: Callable[[], str]) -> None:
        try:
            rows.append(Row(name, True, body()))
        except (OperationError, UserError) as error:
            rows.append(Row(name, False, str(error)))

    check("files", lambda: _files(folder))
    try:
        model = read_saved_model(folder)
    except OperationError as error:
        rows.append(Row("structure", False, str(error)))
        return Report(folder, tuple(rows))
    check("structure", lambda: _structure(model))
    check("ops", lambda: _ops(model))
    check("answers", lambda: _answers(folder, work, model))
    check("core", lambda: f"{CORE_ALIAS} is {find_core(model).function}, int32 and float32 only")
    if accelerator is not None:
        check(accelerator, lambda: _lowered(folder, model, accelerator))
    return Report(folder, tuple(rows))


def _files(folder: Path) -> str:
    """Compares every file with the digest that was taken at export."""
    record = read_record(folder)
    if record is None:
        raise OperationError(
            f"no {EXTRA}/brickyard.json: another tool wrote this model, so nothing says what its "
            "files and answers should be"
        )
    found = digests(folder)
    problems = [f"{name} is missing" for name in sorted(set(record.files) - set(found))]
    problems += [f"{name} was added" for name in sorted(set(found) - set(record.files))]
    problems += [
        f"{name} was changed"
        for name in sorted(set(found) & set(record.files))
        if found[name] != record.files[name]
    ]
    if problems:
        raise OperationError("; ".join(problems))
    return f"{len(found)} files as exported"


def _structure(model: saved_model_pb2.SavedModel) -> str:
    tags = [set(graph.meta_info_def.tags) for graph in model.meta_graphs]
    if {"serve"} not in tags:
        raise OperationError(f"expected a graph with the tag 'serve', found {tags}")
    names = sorted(
        name
        for name in model.meta_graphs[tags.index({"serve"})].signature_def
        if not name.startswith("__")
    )
    return f"signatures: {', '.join(names)}"


def _ops(model: saved_model_pb2.SavedModel) -> str:
    core, text = registered_ops()
    problems = op_problems(model, core=core, text=text)
    if problems:
        raise OperationError("; ".join(problems))
    used = used_ops(model)
    count = sum(op in text for op in used)
    return f"{len(used) - count} core ops, {count} of tensorflow-text"


def _stored_cases(folder: Path) -> list[Case]:
    path = folder / EXTRA / stored.FILE_NAME
    try:
        return read_cases(path)
    except (OSError, ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
        raise OperationError(f"the stored examples cannot be read: {error}") from None


def _answers(folder: Path, work: Path | None, model: saved_model_pb2.SavedModel) -> str:
    """Runs the moved model in the C++ runtime and compares its answers by value."""
    expected = [case for case in _stored_cases(folder) if case.signature != CORE_ALIAS]
    signatures = {case.signature for case in expected}
    served = {name for graph in model.meta_graphs for name in graph.signature_def}
    unasked = sorted(name for name in served - signatures if not name.startswith("__"))
    if unasked:
        raise OperationError(f"no examples are stored for the signatures {', '.join(unasked)}")
    _, text = registered_ops()
    libraries = sorted({text[op] for op in used_ops(model) if op in text})
    with tempfile.TemporaryDirectory(prefix="brickyard-verify-", dir=work) as temporary:
        place = Path(temporary)
        moved = place / "moved"
        shutil.copytree(folder, moved)
        # The runtime gets the questions only.
        questions = [Case(case.signature, case.inputs, {}, case.row) for case in expected]
        write_cases(place / "questions.npz", questions)
        arguments = ["run", str(moved), "questions.npz", "answers.npz"]
        said = run_native([*arguments, *(f"--library={path}" for path in libraries)], folder=place)
        received = read_cases(place / "answers.npz")
    pairs = zip(expected, received, strict=True)
    found = [line for pair in pairs for line in answer_differences(*pair)]
    found += batch_differences(received)
    if found:
        more = len(found) - _SHOWN_DIFFERENCES
        shown = found[:_SHOWN_DIFFERENCES] + ([f"and {more} more"] if more > 0 else [])
        raise OperationError("; ".join(shown))
    facts = json.loads(said)
    xla = "XLA off" if facts["xla_off"] else "XLA as built"
    return (
        f"{len(expected)} requests to {len(signatures)} signatures equal by value, moved, "
        f"in the C++ runtime {facts['tensorflow']}, {xla}"
    )


def _lowered(folder: Path, model: saved_model_pb2.SavedModel, accelerator: Accelerator) -> str:
    core = find_core(model)
    examples = [case.inputs for case in _stored_cases(folder) if case.signature == CORE_ALIAS]
    if not examples:
        raise OperationError("no example of the core's input is stored")
    text = lower(folder, core, example=examples[0], accelerator=accelerator)
    shapes = ", ".join(f"{name} {array.shape}" for name, array in examples[0].items())
    return f"StableHLO of {len(text):,} characters for {shapes}"
