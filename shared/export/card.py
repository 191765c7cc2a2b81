"""Writes the card of an export: `assets.extra/README.md`, for whoever finds the folder later.

The writer calls `card`; the command line shows `summary` when an export has succeeded.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.export.lineage import Record, read_record
from shared.serving.command import curl_line, docker_line, example_line


def card(
    record: Record, folder: Path, *, base: Path, manifest: Mapping[str, Any], request: str
) -> str:
    """Returns the card as Markdown.

    Args:
        record: what the export says of itself.
        folder: where the files lie now.
        base: where the versions of the model will lie.
        manifest: of the run; "data" and "scores" are shown.
        request: one REST request, as JSON text.
    """
    versions = ", ".join(f"{name} {number}" for name, number in record.versions.items())
    lines = [
        f"# {record.name}",
        "",
        f"A model of the Brickyard app `{record.app}`, exported {record.exported} from the run "
        f"`{record.run}`.",
        f"{_megabytes(folder)}, written with {versions}. Every answer was compared by value with "
        "the run's own before this version was published; `brickyard verify` does it again.",
        "",
        "## Signatures",
        "",
        "`?` is a free axis; the first is the batch.",
        "",
        *_signature_table(record.signatures),
        "",
        "## Data",
        "",
        *_bullets(manifest.get("data")),
        "",
        "## Scores",
        "",
        *_bullets(manifest.get("scores")),
        "",
        "## Serving",
        "",
        "Any TensorFlow Serving of the same minor version of TensorFlow or a newer one; these "
        "are the lines for the place it was exported to.",
        "",
        "```sh",
        docker_line([base]),
        curl_line(record.name, request),
        "```",
        "",
    ]
    return "\n".join(lines)


def summary(version: Path) -> str:
    """Returns what to show of a fresh export: path, size, signatures, docker and curl lines.

    Args:
        version: the version folder that `export` returned.
    """
    record = read_record(version)
    lines = [f"{version} ({_megabytes(version)})"]
    for signature, face in (record.signatures if record else {}).items():
        takes, gives = (", ".join(face[kind]) for kind in ("inputs", "outputs"))
        lines.append(f"  {signature}: {takes} -> {gives}")
    asked = example_line(version.parent)
    return "\n".join([*lines, docker_line([version.parent]), *([asked] if asked else [])])


def _megabytes(folder: Path) -> str:
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    return f"{size / 1e6:.1f} MB"


def _signature_table(signatures: Mapping[str, Any]) -> list[str]:
    lines = ["| signature | | tensor | dtype | shape |", "|---|---|---|---|---|"]
    for signature, face in signatures.items():
        for kind, label in (("inputs", "in"), ("outputs", "out")):
            for name, spec in face[kind].items():
                shape = ", ".join("?" if size is None else str(size) for size in spec["shape"])
                lines.append(f"| {signature} | {label} | {name} | {spec['dtype']} | ({shape}) |")
    return lines


def _bullets(value: Any) -> list[str]:
    """Returns whatever a manifest says as a list; nested values are written in one line."""
    if not value:
        return ["Not recorded."]
    if not isinstance(value, Mapping):
        return [f"- {item}" for item in value] if isinstance(value, list) else [f"- {value}"]
    return [f"- {name}: {_short(item)}" for name, item in value.items()]


def _short(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_short(item)}" for name, item in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(_short(item) for item in value)
    return str(value)
