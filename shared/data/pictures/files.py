"""The encoded pictures of a folder, an archive, or a list of paths."""

import functools
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from shared.data.pictures.names import is_picture
from shared.data.pictures.picture import Picture, Pictures, Told
from shared.data.sources import Source
from shared.data.spool import Spool
from shared.errors import DataError

MAX_FILE_BYTES = 256 * 2**20


def read_files(source: Source, told: Callable[[str], Told | None]) -> Pictures[Told]:
    """Reads all files whose names end like those of pictures.

    A picture in a folder is read from there again; one in an archive is put into a `Spool`.

    Args:
        source: a folder or an archive.
        told: name inside the source -> what is known of the picture; None leaves it out.

    Raises:
        DataError: the source is not to be trusted.
    """
    # The names of a tar archive are known only when all of it has been read.
    count = None
    if source.kind != "tar":
        count = sum(is_picture(name) and told(name) is not None for name in source.names())
    return Pictures(count, _from_source(source, told))


def _from_source(source: Source, told: Callable[[str], Told | None]) -> Iterator[Picture[Told]]:
    spool = None if source.kind == "folder" else Spool()
    for name, opener in source.shown():
        about = told(name) if is_picture(name) else None
        if about is None:
            continue
        read = functools.partial(read_path, source.path / name)
        try:
            with opener() as stream:
                data, fault = read_limited(stream)
        except DataError:
            # Damage in an archive concerns all that follows; in a folder it is one file's.
            if spool:
                raise
            data, fault = b"", "not to be opened, or a link out of the folder"
        yield Picture(name, data, spool.add(data) if spool else read, about, fault)


def read_paths(paths: Sequence[tuple[str, Told]], folder: Path) -> Pictures[Told]:
    """Reads the pictures of a list.

    Args:
        paths: (path relative to the folder, or absolute; what is known of the picture) of each.
        folder: where the list lies.
    """
    return Pictures(len(paths), _from_paths(paths, folder))


def _from_paths(paths: Sequence[tuple[str, Told]], folder: Path) -> Iterator[Picture[Told]]:
    for name, about in paths:
        path = folder / name
        try:
            with open(path, "rb") as stream:
                data, fault = read_limited(stream)
        except OSError as error:
            data, fault = b"", str(error.strerror)
        yield Picture(name, data, functools.partial(read_path, path), about, fault)


def read_limited(stream: IO[bytes]) -> tuple[bytes, str]:
    """Returns all bytes of a stream and ""; or no bytes and why, where they are too many."""
    data = stream.read(MAX_FILE_BYTES + 1)
    return (data, "") if len(data) <= MAX_FILE_BYTES else (b"", "more than 256 MiB")


def read_path(path: Path) -> bytes:
    """Returns the bytes of a file that was there a while ago.

    Raises:
        DataError: it is not any longer.
    """
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(
            f"Expected the picture {str(path)!r} to stay where it is while it is used, received: "
            f"{error.strerror}; put it back and start again."
        ) from None
