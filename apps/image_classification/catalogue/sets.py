"""Pictures of TensorFlow Datasets, encoded as they are stored."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from apps.image_classification.catalogue.placing import Placing
from shared.data.catalogue import CataloguePart, read_catalogue
from shared.data.pictures.names import split_of
from shared.data.pictures.picture import Picture, Pictures
from shared.data.spool import Spool


def read_set(source: str, *, data_dir: Path | None, download: bool) -> Pictures[Placing]:
    """Reads a data set whose records have a picture and a class, such as an `ImageFolder`.

    Raises:
        DataError: it cannot be read, or has other features.
    """
    parts = read_catalogue(source, data_dir=data_dir, download=download)
    return Pictures(sum(part.count() for part in parts), _stream(parts))


def _stream(parts: Sequence[CataloguePart]) -> Iterator[Picture[Placing]]:
    spool = Spool()
    for part in parts:
        # A part with a name of its own, such as "unverified", is further training data.
        split = split_of(part.name) or "train"
        for number, (data, label) in enumerate(part.pictures()):
            placing = Placing(label, split)
            yield Picture(f"{part.name}/{number}", data, spool.add(data), placing)
