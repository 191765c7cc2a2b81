"""The small file by which an export knows itself: `assets.extra/brickyard.json`.

The writer puts it into every export and reads those of older versions to keep two lineages of
runs apart; `predict`, `describe`, `verify`, the card and the serving commands read it. Needs no
TensorFlow.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from shared.errors import UserError
from shared.files import sha256, write_json

FORMAT = 1
EXTRA = "assets.extra"
FILE_NAME = "brickyard.json"


@dataclass(frozen=True)
class Record:
    """What an export says of itself.

    Args:
        app: the name of the app.
        name: the name of the model, under which versions are counted.
        run: the run it was exported from.
        lineage: shared by a run and those that went on from it.
        signatures: {signature: {"inputs" | "outputs": {tensor: {"dtype", "shape"}}}}.
        sample_sha256: digest of the stored examples.
        versions: of the packages that wrote it.
        files: digest of every file of the export but this one.
        exported: date and time, UTC, ISO 8601.
        format: number of this file's format.
    """

    app: str
    name: str
    run: str
    lineage: str
    signatures: Mapping[str, Any]
    sample_sha256: str
    versions: Mapping[str, str]
    files: Mapping[str, str]
    exported: str
    format: int = field(default=FORMAT)


def digests(folder: Path) -> dict[str, str]:
    """Returns the SHA-256 digest of every file of an export but the record."""
    own = folder / EXTRA / FILE_NAME
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path != own)
    return {path.relative_to(folder).as_posix(): sha256(path) for path in files}


def write_record(folder: Path, record: Record) -> None:
    """Writes the record of an export, last of its files."""
    write_json(folder / EXTRA / FILE_NAME, asdict(record))


def read_record(folder: Path) -> Record | None:
    """Returns the record of an export, or None when another tool wrote the SavedModel.

    Args:
        folder: a version folder, with saved_model.pb.

    Raises:
        UserError: the record is damaged or of a newer format.
    """
    path = folder / EXTRA / FILE_NAME
    if not path.is_file():
        return None
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        number = values["format"]
        if number == FORMAT:
            return Record(**values)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"Expected the record of an export at {path}, received {error}; export again."
        ) from None
    raise UserError(
        f"Expected an export of format {FORMAT} at {path}, received format {number!r}; "
        "use the release that wrote it, or export again."
    )


def read_lineage(folder: Path) -> dict[str, Any]:
    """Returns the record of an export as plain values.

    Args:
        folder: a version folder, with saved_model.pb.

    Raises:
        UserError: it was not written by Brickyard, or its record is damaged.
    """
    record = read_record(folder)
    if record is None:
        raise UserError(
            f"Expected an export of Brickyard in {folder}, found no {EXTRA}/{FILE_NAME}: another "
            "tool wrote this SavedModel."
        )
    return asdict(record)


def versions_of(base: Path) -> dict[int, Path]:
    """Returns the version folders under a base path, lowest first."""
    if not base.is_dir():
        return {}
    # "007" and "7" are one version to the server; only the plain spelling is written.
    found = {int(path.name): path for path in base.iterdir() if is_version(path.name)}
    return dict(sorted(found.items()))


def is_version(name: str) -> bool:
    """Says whether a server takes a folder of this name for a version.

    Example:
    >>> [is_version(name) for name in ("3", ".export-3", "-1", "v3")]
    [True, False, False, False]
    """
    return name.isascii() and name.isdigit()
