"""Finds the picture that a caption file means, among all pictures of a source."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import PurePosixPath

from shared.errors import DataError


class PictureIndex:
    """The pictures of a source by path, by the end of their path, and by name without suffix.

    Args:
        names: paths of all pictures, with forward slashes.

    Example:
    >>> index = PictureIndex(["images/1.jpg", "images/2.jpg", "more/2.jpg"])
    >>> index.find("1.jpg"), index.find("1"), index.find("more/2.jpg"), index.find("3.jpg")
    ('images/1.jpg', 'images/1.jpg', 'more/2.jpg', '')
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._by_name: dict[str, list[tuple[str, ...]]] = defaultdict(list)
        for name in sorted(names):
            parts = PurePosixPath(name).parts
            self._by_name[parts[-1]].append(parts)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for name in self._by_name:
            self._by_stem[PurePosixPath(name).stem].append(name)

    def find(self, image: str, *, folder: str = "") -> str:
        """Returns the path of a picture; "" where there is none.

        Args:
            image: as a caption file names it: a path from the folder of that file, the end of the
                path of one picture, or a name, also without its suffix.
            folder: of the caption file, inside the source.

        Raises:
            DataError: several pictures are called so.
        """
        parts = PurePosixPath(image.replace("\\", "/")).parts
        if not parts:
            return ""
        from_file = (*PurePosixPath(folder).parts, *parts)
        name = parts[-1]
        if name not in self._by_name and len(self._by_stem.get(name, ())) == 1:
            parts = (*parts[:-1], self._by_stem[name][0])
            from_file = (*from_file[:-1], parts[-1])
        known = self._by_name.get(parts[-1], [])
        if from_file in known:
            return "/".join(from_file)
        found = [one for one in known if one[-len(parts) :] == parts]
        if len(found) > 1:
            raise DataError(
                f"Expected one picture called {image!r}, received {'/'.join(found[0])} and "
                f"{'/'.join(found[1])}; write the paths of images into the caption file."
            )
        return "/".join(found[0]) if found else ""
