"""The files of a folder or archive that tell of its images: captions, and lists of parts."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from apps.image_captioning.corpus.described import Described
from apps.image_captioning.corpus.json_files import read_json
from apps.image_captioning.corpus.kinds import SUFFIXES, Kind, kind_of, listed_split, split_in
from apps.image_captioning.corpus.text_files import read_json_lines, read_table, read_tokens
from shared.data.lines import Problems, read_lines
from shared.data.sources import Source, SourceFile
from shared.errors import DataError

READERS: dict[Kind, Callable[[SourceFile], list[Described]]] = {
    "tokens": read_tokens,
    "table": read_table,
    "lines": read_json_lines,
    "json": read_json,
}
LOOKED_AT = 2**16


@dataclass
class Beside:
    """What stands beside the images.

    Attributes:
        captions: {path of a caption file: what it says}.
        lists: {path of a list: (part, names of its images)}.
    """

    captions: dict[str, list[Described]] = field(default_factory=dict)
    lists: dict[str, tuple[str, list[str]]] = field(default_factory=dict)


def read_beside(source: Source, only: str = "") -> Beside:
    """Reads the caption files and the lists of a source.

    Args:
        source: a folder or an archive.
        only: name of the one caption file to read; "" looks for it.

    Raises:
        DataError: there is no caption file, or there are several and their names do not tell which
            part each is for; or one cannot be read.
    """
    beside = Beside()
    for file in source.files(lambda name: _may_tell(name, only)):
        split = listed_split(file.name)
        # What a peek shows is enough to know the format, and leaves the stream as it is.
        start = file.stream.peek(LOOKED_AT)[:LOOKED_AT]  # type: ignore[attr-defined]
        kind = kind_of(file.name, start, asked=file.name == only)
        if kind and (not only or file.name == only):
            beside.captions[file.name] = READERS[kind](file)
        elif split and not kind:
            beside.lists[file.name] = (split, _names(file))
        elif only and file.name == only:
            raise _no_captions(f"in {source.path.name}/{only}")
    if not beside.captions:
        raise _no_captions(f"beside the images in {source.path}")
    _tell_parts(beside)
    return beside


def _may_tell(name: str, only: str) -> bool:
    if only:
        return name == only or bool(listed_split(name))
    return PurePosixPath(name.lower()).suffix in SUFFIXES


def _names(file: SourceFile) -> list[str]:
    problems = Problems(file.label)
    names = [line.strip() for _, line in read_lines(file.stream, problems) if line.strip()]
    problems.raise_any()
    return list(dict.fromkeys(names))


def _tell_parts(beside: Beside) -> None:
    """Gives entries without a part the one that their file is named after."""
    several = len(beside.captions) > 1
    for name, described in beside.captions.items():
        split = split_in(name)
        if several and not split and not all(one.split for one in described):
            others = sorted(beside.captions)
            raise DataError(
                "Expected one caption file, or one for each part such as captions_train.json and "
                f"captions_val.json, received {' and '.join(others[:2])}"
                f"{f' and {len(others) - 2} more' if len(others) > 2 else ''}; give the one to "
                "use as the source."
            )
        beside.captions[name] = [
            one if one.split else Described(one.image, one.captions, split) for one in described
        ]


def _no_captions(place: str) -> DataError:
    return DataError(
        f"Expected captions {place}, received none; give a token file (NAME#0 TAB CAPTION), a CSV "
        "or TSV file with the columns path and caption, JSON lines, or the JSON of COCO or "
        "Karpathy."
    )
