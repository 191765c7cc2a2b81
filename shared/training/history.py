"""What a run has to tell: one row an epoch, in memory and in metrics.jsonl."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.files import write_text


@dataclass(frozen=True)
class History:
    """The rows of a finished run.

    Args:
        rows: one for each epoch of each stage, in order; the same as in metrics.jsonl.
        best: the best monitored score of the last stage, or of those it started from.
        best_epoch: the epoch of that score in the last stage, counted from 1; 0 for none of it.
    """

    rows: tuple[Mapping[str, Any], ...]
    best: float | None
    best_epoch: int


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """Writes metrics.jsonl whole: never a torn line, and no row that the state does not know.

    A score that is no finite number is written as null, which JSON has a word for.
    """
    lines = [json.dumps(_finite(row), ensure_ascii=False, allow_nan=False) for row in rows]
    write_text(path, "".join(f"{line}\n" for line in lines))


def _finite(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: None if isinstance(value, float) and not math.isfinite(value) else value
        for name, value in row.items()
    }
