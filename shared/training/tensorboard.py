"""Scalars for TensorBoard: the rows of metrics.jsonl, as an event file.

An event file is a TFRecord of `Event` messages, both of which TensorFlow writes; the package
tensorboard is needed only to look at them.
"""

import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from shared.errors import import_extra

NOT_SCALARS = ("stage", "epoch", "step")


class ScalarWriter:
    """Writes each score of an epoch as a scalar called STAGE/SCORE.

    Each process of a resumed run adds a file of its own; TensorBoard shows them as one run.

    Args:
        folder: for the event file; made when missing.

    Raises:
        MissingPackageError: TensorFlow is not installed.
    """

    def __init__(self, folder: Path):
        self._tf = import_extra("tensorflow", extra="all")
        folder.mkdir(parents=True, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}"
        self._file = self._tf.io.TFRecordWriter(str(folder / name))
        self._write(file_version="brain.Event:2")

    def __enter__(self) -> "ScalarWriter":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def write(self, row: Mapping[str, Any]) -> None:
        """Writes a row, and flushes it."""
        values = [
            {"tag": f"{row['stage']}/{name}", "simple_value": value}
            for name, value in row.items()
            if name not in NOT_SCALARS
        ]
        self._write(step=row["step"], summary=self._tf.compat.v1.Summary(value=values))

    def _write(self, **content: Any) -> None:
        event = self._tf.compat.v1.Event(wall_time=time.time(), **content)
        self._file.write(event.SerializeToString())
        self._file.flush()
