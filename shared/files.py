"""Files that are either whole or not there: every result of a run is written through here.

A process may be killed at any moment; a file is therefore written under a temporary name in
the same folder, forced to disk, and renamed into place when it is complete.
"""

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np

from shared.errors import BundleError

# What reading a damaged .npz raises: a zip that asks for a password or an unknown compression is
# a flipped byte here, and an .npy under this name is no context manager.
_DAMAGES = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, RuntimeError, TypeError)


@contextmanager
def written_whole(path: Path, mode: str = "wb") -> Iterator[IO[Any]]:
    """Opens a file that appears under its name only when the block ends without an error.

    Args:
        path: the final name; its folder is made when missing.
        mode: "wb" or "w" (UTF-8).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(descriptor, mode, encoding=None if "b" in mode else "utf-8") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        # mkstemp makes private files; a bundle is to be read like any other file.
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def write_text(path: Path, text: str) -> None:
    """Writes a UTF-8 text file whole."""
    with written_whole(path, "w") as file:
        file.write(text)


def write_json(path: Path, value: object) -> None:
    """Writes readable JSON whole, keys in the order given."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Writes named arrays whole, as one uncompressed .npz file.

    Names may hold any character, since they are stored as positions beside a list of names.

    Raises:
        TypeError: an array of Python objects, which could only be pickled.
    """
    objects = [name for name, array in arrays.items() if np.asarray(array).dtype.hasobject]
    if objects:
        raise TypeError(f"Expected arrays of numbers or text, received objects in {objects}.")
    # A variable path holds slashes, which a zip member name would turn into folders.
    members = {f"a{position}": np.asarray(array) for position, array in enumerate(arrays.values())}
    with written_whole(path) as file:
        np.savez(file, names=np.array(list(arrays), dtype=np.str_), **members)  # type: ignore[arg-type]


def read_arrays(path: Path) -> dict[str, np.ndarray]:
    """Reads what `write_arrays` wrote, in the same order.

    Raises:
        BundleError: the file is missing or damaged.
    """
    try:
        # np.load leaves a file of its own open when it fails.
        with open(path, "rb") as file, np.load(file, allow_pickle=False) as arrays:
            return {str(name): arrays[f"a{i}"] for i, name in enumerate(arrays["names"])}
    except _DAMAGES as error:
        raise BundleError(
            f"Expected a whole array file at {path}, received: {error}; "
            "train the run again or restore the file from a copy."
        ) from None


def sha256(path: Path) -> str:
    """Returns the SHA-256 digest of a file, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def cache_folder(name: str) -> Path:
    """Returns the folder for what can be computed again; it need not exist.

    It is `~/.cache/brickyard/NAME`, or stands under `XDG_CACHE_HOME` where that is set.
    """
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base, "brickyard", name)
