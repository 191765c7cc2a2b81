"""Images and captions of TensorFlow Datasets, such as `tfds:coco_captions`."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from apps.image_captioning.corpus.described import Described
from apps.image_captioning.corpus.files import Entries
from apps.image_captioning.corpus.kinds import CAPTIONS
from apps.image_captioning.corpus.splits import known_split
from shared.data.catalogue import CataloguePart, plain, read_catalogue
from shared.data.pictures.picture import Picture, Pictures
from shared.data.spool import Spool
from shared.errors import DataError

FILE_NAMES = ("image/filename", "filename", "file_name")


def read_set(source: str, *, data_dir: Path | None, download: bool) -> Pictures[Entries]:
    """Reads a data set whose records have a picture, and a caption or several.

    Raises:
        DataError: it cannot be read, or its records have no captions.
    """
    parts = read_catalogue(source, data_dir=data_dir, download=download)
    return Pictures(sum(part.count() for part in parts), _stream(parts, source))


def _stream(parts: Sequence[CataloguePart], source: str) -> Iterator[Picture[Entries]]:
    spool = Spool()
    for part in parts:
        # A part with a name of its own, such as "restval", is further training data.
        split = known_split(part.name) or "train"
        for number, (data, record) in enumerate(part.encoded()):
            file = next((plain(record[one]) for one in FILE_NAMES if record.get(one)), number)
            name = f"{part.name}/{file}"
            described = Described(name, _captions(record, source), split)
            yield Picture(name, data, spool.add(data), [described])


def _captions(record: Mapping[str, Any], source: str) -> tuple[str, ...]:
    field = next((one for one in CAPTIONS if one in record), "")
    said = plain(record[field]) if field else None
    if isinstance(said, dict):  # coco_captions: numbers beside the texts
        said = next((said[one] for one in ("text", "raw") if one in said), None)
    captions = [said] if isinstance(said, str) else said
    if not isinstance(captions, list) or not all(isinstance(one, str) for one in captions):
        raise DataError(
            f"Expected records with captions in {source}, received the fields "
            f"{', '.join(record) or 'of none beside the picture'}; give a set of pictures with "
            "captions."
        )
    return tuple(captions)
