"""Images and captions of a folder, an archive, or a caption file and the folder it lies in."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path, PurePosixPath

from apps.image_captioning.corpus.beside import Beside, read_beside
from apps.image_captioning.corpus.described import Described
from apps.image_captioning.corpus.index import PictureIndex
from shared.data.pictures.files import read_files, read_paths
from shared.data.pictures.names import is_picture
from shared.data.pictures.picture import Pictures
from shared.data.sources import Source, open_source
from shared.errors import DataError

Entries = list[Described]
"""What caption files say of one image."""

NAMED = 10


@dataclass(frozen=True)
class Found:
    """What a source holds, before any image was looked at.

    Attributes:
        pictures: those with captions, each told which, for each of its parts.
        without_captions: names of images that no caption file tells of, or without a word.
        without_image: names in the caption file of which there is no picture.
        not_listed: names of images with captions that are in none of the lists, where there are
            lists.
    """

    pictures: Pictures[Entries]
    without_captions: list[str] = field(default_factory=list)
    without_image: list[str] = field(default_factory=list)
    not_listed: list[str] = field(default_factory=list)


def read_captioned(source: str) -> Found:
    """Finds the captions beside the images, and the image of each caption.

    Where lists of names say which image is for which part, they alone decide it.

    Args:
        source: path of a folder, an archive, or one caption file.

    Raises:
        DataError: there are no captions or no images of them, or a list names images that nobody
            knows.
    """
    given = open_source(source)
    inside, only = (given, "")
    if given.kind == "file":
        name = next(file.name for file in given.files())
        if is_picture(name):
            raise DataError(
                f"Expected a folder, an archive, or a file of captions, received the single "
                f"picture {source!r}; give the folder that also holds its captions."
            )
        inside, only = open_source(given.path.parent), name
    beside = read_beside(inside, only)
    names = [name for name, _ in inside.shown() if is_picture(name)]
    index = PictureIndex(names)
    told: dict[str, Entries] = defaultdict(list)
    outside: dict[str, None] = {}
    without_image: list[str] = []
    for file, described in beside.captions.items():
        folder = PurePosixPath(file).parent.as_posix().removeprefix(".")
        for one in described:
            if name := index.find(one.image, folder=folder):
                told[name].append(one)
            elif only and _is_elsewhere(given.path.parent, one.image):
                outside[one.image] = None
                told[one.image].append(one)
            else:
                without_image.append(one.image)
    not_listed = _listed(beside, index, told, without_image) if beside.lists else []
    if not told:
        raise _no_images(inside, without_image, names)
    return Found(
        _both(inside, dict(told), [name for name in outside if name in told]),
        sorted(set(names) - set(told) - set(not_listed)),
        list(dict.fromkeys(without_image)),
        not_listed,
    )


def _is_elsewhere(folder: Path, image: str) -> bool:
    """Says whether a caption file that the user named points at a picture out of its folder."""
    try:
        return is_picture(image) and (folder / image).is_file()
    except (OSError, ValueError):  # too long for a path, or with a NUL
        return False


def _both(inside: Source, told: dict[str, Entries], outside: Sequence[str]) -> Pictures[Entries]:
    near = read_files(inside, told.get)
    far = read_paths([(name, told[name]) for name in outside], inside.path)
    count = None if near.count is None else near.count + len(outside)
    return Pictures(count, chain(near.stream, far.stream))


def _listed(
    beside: Beside, index: PictureIndex, told: dict[str, Entries], without_image: Sequence[str]
) -> list[str]:
    """Gives each image the parts whose lists name it; returns the images that no list names."""
    imageless = {*without_image, *(PurePosixPath(image).stem for image in without_image)}
    parts: dict[str, list[str]] = defaultdict(list)
    for file, (split, images) in beside.lists.items():
        unknown = []
        for image in images:
            name = index.find(image) or (image if image in told else "")
            if name:
                parts[name].append(split)
            elif image not in imageless:
                unknown.append(image)
        if unknown:
            more = f" and {len(unknown) - NAMED:,} more" if len(unknown) > NAMED else ""
            raise DataError(
                f"Expected the list {file} to name images that are there, received "
                f"{len(unknown):,} unknown names of {len(images):,}: "
                f"{', '.join(unknown[:NAMED])}{more}; add the images, or take the names out of "
                "the list."
            )
    not_listed = sorted(set(told) - set(parts))
    for name in list(told):
        captions = tuple(caption for one in told[name] for caption in one.captions)
        if name in parts:
            told[name] = [Described(name, captions, split) for split in dict.fromkeys(parts[name])]
        else:
            del told[name]
    return not_listed


def _no_images(inside: Source, missing: Sequence[str], names: Sequence[str]) -> DataError:
    first = f", the first of which is {missing[0]!r}" if missing else ""
    return DataError(
        f"Expected the images of the captions in {inside.path}, received {len(names):,} pictures, "
        f"none of them among the {len(missing):,} that the captions are of{first}; give the folder "
        "that holds both."
    )


def parts_of(told: Entries) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yields (split, captions) of each part that an image is in; "" for no part of its own."""
    captions: dict[str, list[str]] = {}
    for one in told:
        captions.setdefault(one.split, []).extend(one.captions)
    for split, said in captions.items():
        yield split, tuple(said)
