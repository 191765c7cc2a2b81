"""A file of features that grows row by row and outlives a kill at any moment.

    row = SHA-256 of the encoded image (32 bytes), features, CRC-32 of both (4 bytes)

Each row says itself whose it is and whether it is whole, so rows need no second file, no order and
no repair: one that was cut off or damaged is not found, and computed anew. `shared.images.features`
reads and writes it.
"""

import fcntl
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from shared.errors import UserError

# Bytes of rows that are looked through at once.
LOOKED_THROUGH = 1 << 23


class FeatureFile:
    """Features of images under the digests of their bytes.

    Args:
        path: of the file; it and its folder are made when missing.
        shape: of the features of one image.
        dtype: of the features, `float32` or `float16`.
    """

    def __init__(self, path: Path, *, shape: Sequence[int], dtype: str):
        self._path = path
        self._row = np.dtype(
            [
                ("sha256", "V32"),
                ("features", np.dtype(dtype).newbyteorder("<"), tuple(shape)),
                ("crc32", "<u4"),
            ]
        )

    @contextmanager
    def held(self, *, writing: bool) -> Iterator[None]:
        """Keeps other processes from writing, and with `writing` from reading too.

        Raises:
            UserError: another process computes features for the same file.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with open(self._path, "ab") as file:
            try:
                # The system lets go when the process ends, however it ends.
                fcntl.flock(file, (fcntl.LOCK_EX if writing else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UserError(
                    f"Expected to have the features in {self._path.parent} to itself, another "
                    "process is computing there; wait for it, or give another folder."
                ) from None
            yield

    def rows(self) -> dict[bytes, int]:
        """Returns the number of the row of every digest, 32 bytes; damaged rows are left out."""
        found = {}
        size, at_once = self._row.itemsize, max(1, LOOKED_THROUGH // self._row.itemsize)
        with open(self._path, "rb") as file:
            number = 0
            while block := memoryview(file.read(size * at_once)):
                for start in range(0, len(block) - size + 1, size):
                    row = block[start : start + size]
                    if zlib.crc32(row[:-4]) == int.from_bytes(row[-4:], "little"):
                        found[bytes(row[:32])] = number
                    number += 1
        return found

    def cut(self) -> None:
        """Removes the row at the end that a killed process has not finished."""
        os.truncate(self._path, self._count() * self._row.itemsize)

    def append(self, digests: Sequence[bytes], features: np.ndarray) -> None:
        """Adds rows; they are there for every later process once this returns.

        Args:
            digests: 32 bytes of each image.
            features: float (B, ...); halves are cut off at the largest number they can hold.
        """
        rows = np.zeros(len(digests), self._row)
        if self._row["features"].base == np.float16:
            largest = np.finfo(np.float16).max
            features = np.clip(features, -largest, largest)
        rows["sha256"] = np.frombuffer(b"".join(digests), "V32")
        rows["features"] = features
        for row in range(len(rows)):
            rows["crc32"][row] = zlib.crc32(rows[row].tobytes()[:-4])
        with open(self._path, "ab") as file:
            file.write(rows.tobytes())

    def features(self) -> np.ndarray:
        """Returns the features of all rows, memory-mapped: (rows, ...)."""
        count = self._count()
        if not count:  # nothing cannot be mapped
            return np.zeros(0, self._row)["features"]
        return np.memmap(self._path, self._row, mode="r", shape=(count,))["features"]

    def _count(self) -> int:
        return self._path.stat().st_size // self._row.itemsize
