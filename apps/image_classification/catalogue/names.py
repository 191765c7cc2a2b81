"""What the path of a picture tells: its class, and the part that it was given for."""

from collections.abc import Iterable
from pathlib import PurePosixPath

from shared.data.pictures.names import split_of
from shared.errors import DataError


def places_of(names: Iterable[str], *, source: str) -> dict[str, tuple[str, str]]:
    """Reads the folders of pictures as classes, and as parts where they are called so.

    Folders around everything are taken off first; then it is `<part>/<class>/...` where every first
    folder has the name of a part, and `<class>/...` otherwise.

    Args:
        names: paths with forward slashes.
        source: what the user gave, for messages.

    Returns:
        {name: (part, class)}; the part is "" where none is given.

    Raises:
        DataError: a picture is in no class folder.

    Example:
    >>> places_of(["x/Val/red rose/1.png", "x/train/oak/2/3.png"], source="x.zip")
    {'x/Val/red rose/1.png': ('validation', 'red rose'), 'x/train/oak/2/3.png': ('train', 'oak')}
    """
    folders = {name: PurePosixPath(name).parts[:-1] for name in names}
    while folders and _is_around_everything(set(folders.values())):
        folders = {name: parts[1:] for name, parts in folders.items()}
    given = bool(folders) and all(parts and split_of(parts[0]) for parts in folders.values())
    if given:
        splits = {name: split_of(parts[0]) for name, parts in folders.items()}
        folders = {name: parts[1:] for name, parts in folders.items()}
    else:
        splits = dict.fromkeys(folders, "")
    homeless = sorted(name for name, parts in folders.items() if not parts)
    if homeless:
        raise DataError(
            f"Expected each picture of {source} in a folder named after its class, such as "
            f"roses/1.jpg or train/roses/1.jpg, received {homeless[0]!r}"
            f"{f' and {len(homeless) - 1} more' if len(homeless) > 1 else ''}; move them, or give "
            "a CSV file of path and label."
        )
    return {name: (splits[name], parts[0]) for name, parts in folders.items()}


def _is_around_everything(folders: set[tuple[str, ...]]) -> bool:
    firsts = {parts[:1] for parts in folders}
    if len(firsts) != 1 or min(map(len, folders)) < 2:
        return False
    return not split_of(next(iter(firsts))[0])
