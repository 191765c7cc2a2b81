"""How much a compressed file may become, and the reader that stops when it becomes more.

An archive from elsewhere can be a few kilobytes that unpack to a full disk. Nothing is unpacked
to disk here; what is read is counted while it streams, so a false size in a header is no help
to anyone. `shared.data.sources` and `shared.data.archives` read everything through here.
"""

import bz2
import gzip
import hashlib
import io
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, cast

from shared.errors import DataError

GIBIBYTE = 2**30


@dataclass(frozen=True)
class Limits:
    """What one source may hold; more is refused as a bomb.

    Args:
        files: members of an archive, or files of a folder.
        size: bytes after decompression, all together.
        ratio: bytes after decompression for one byte before.
        free: bytes after decompression below which the ratio is not looked at, since small
            repetitive files compress very well.
    """

    files: int = 200_000
    size: int = 16 * GIBIBYTE
    ratio: int = 200
    free: int = 64 * 2**20


class Meter:
    """Counts what came out of one compressed file of a known size.

    Args:
        label: the file's name, for messages.
        compressed: its size on disk in bytes.
        limits: what it may become.
    """

    def __init__(self, label: str, compressed: int, limits: Limits) -> None:
        self.label = label
        self.limits = limits
        self._compressed = max(1, compressed)
        self._size = 0
        self._files = 0

    def add_bytes(self, count: int) -> None:
        """Counts bytes; raises DataError beyond the limits."""
        self._size += count
        if self._size > self.limits.size:
            raise DataError(
                f"Expected at most {self.limits.size} bytes inside {self.label}, received more; "
                "if it is not a bomb, unpack it and give the folder."
            )
        if self._size > max(self.limits.free, self.limits.ratio * self._compressed):
            raise DataError(
                f"Expected {self.label} to grow at most {self.limits.ratio} times when unpacked, "
                "received more; if it is not a bomb, unpack it and give the folder."
            )

    def add_file(self) -> None:
        """Counts a file; raises DataError beyond the limit."""
        self._files += 1
        if self._files > self.limits.files:
            raise DataError(
                f"Expected at most {self.limits.files} files inside {self.label}, received more; "
                "give a folder or archive that holds only the data."
            )


@contextmanager
def damage_reported(label: str) -> Iterator[None]:
    """Turns what the decompressors raise for a damaged file into one sentence."""
    try:
        yield
    except (
        EOFError,
        OSError,
        zlib.error,
        lzma.LZMAError,
        tarfile.TarError,
        zipfile.BadZipFile,
        NotImplementedError,
        RuntimeError,
        ValueError,
        struct.error,
    ) as error:
        detail = str(error).rstrip(".") or type(error).__name__
        raise DataError(
            f"Expected {label} to be whole and readable, received damaged or truncated data "
            f"({detail}); get the file again."
        ) from None


class MeteredReader(io.RawIOBase):
    """Reads a stream, counts it, and reports damage in one sentence.

    Args:
        stream: what is read.
        label: its name, for messages.
        meter: counts the bytes.
        digest: takes their digest.
    """

    def __init__(
        self,
        stream: IO[bytes],
        label: str,
        *,
        meter: Meter | None = None,
        digest: "hashlib._Hash | None" = None,
    ) -> None:
        self._stream = stream
        self._label = label
        self._meter = meter
        self._digest = digest

    def readable(self) -> bool:
        """Always True."""
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        """Fills the buffer; see `io.RawIOBase`."""
        with damage_reported(self._label):
            data = self._stream.read(len(buffer))
        if self._meter:
            self._meter.add_bytes(len(data))
        if self._digest:
            self._digest.update(data)
        buffer[: len(data)] = data
        return len(data)


SUFFIXES = {".gz": "gzip", ".xz": "xz", ".bz2": "bzip2"}


def magic_kind(start: bytes) -> str:
    r"""Returns what the first bytes of a file say it is, or "" for anything else.

    Example:
    >>> magic_kind(b"PK\x03\x04"), magic_kind(b"1 Mary went")
    ('zip', '')
    """
    if start[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08"):
        return "zip"
    if start[257:262] == b"ustar":
        return "tar"
    magic = {b"\x1f\x8b": "gzip", b"\xfd7zXZ\x00": "xz", b"BZh": "bzip2"}
    return next((kind for first, kind in magic.items() if start.startswith(first)), "")


def decompressed(stream: IO[bytes], kind: str) -> IO[bytes]:
    """Returns a stream of what a gzip, xz or bzip2 stream holds."""
    if kind == "gzip":
        return cast(IO[bytes], gzip.GzipFile(fileobj=stream))
    if kind == "xz":
        return lzma.LZMAFile(stream)
    return bz2.BZ2File(stream)
