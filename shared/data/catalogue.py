"""Data sets in the layout of TensorFlow Datasets, named as `tfds:NAME`.

They are read from files already prepared below a folder, without the code that prepared them and
without a network; only when asked to does the library fetch one. TensorFlow and the library are
imported when a catalogue is read, and not before.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shared.errors import DataError, import_extra, nearest

PREFIX = "tfds:"


@dataclass(frozen=True)
class CataloguePart:
    """One split of a data set.

    Args:
        name: as the data set calls it, such as "train".
        sha256: digest over its files.
        builder: the library's own object, read by `records`.
    """

    name: str
    sha256: str
    builder: Any = field(repr=False)

    def records(self) -> Iterator[dict[str, Any]]:
        """Yields each record as plain Python: str, int, float, list, dict."""
        tfds = import_extra("tensorflow_datasets", extra="all")
        data = self.builder.as_dataset(split=self.name, shuffle_files=False)
        for record in tfds.as_numpy(data):
            yield {name: plain(value) for name, value in record.items()}

    def count(self) -> int:
        """Returns the number of records."""
        return int(self.builder.info.splits[self.name].num_examples)

    def pictures(self) -> Iterator[tuple[bytes, str]]:
        """Yields (encoded bytes, name of the class) of each record of a set of pictures.

        Raises:
            DataError: the records have no picture, or no class.
        """
        tfds = import_extra("tensorflow_datasets", extra="all")
        features = dict(self.builder.info.features)
        label = _feature(features, tfds.features.ClassLabel, "a class", self.builder.name)
        for data, record in self.encoded():
            yield data, features[label].int2str(int(record[label]))

    def encoded(self) -> Iterator[tuple[bytes, dict[str, Any]]]:
        """Yields (encoded bytes of the picture, the other fields as numpy has them).

        Raises:
            DataError: the records have no picture.
        """
        tfds = import_extra("tensorflow_datasets", extra="all")
        features = dict(self.builder.info.features)
        image = _feature(features, tfds.features.Image, "a picture", self.builder.name)
        data = self.builder.as_dataset(
            split=self.name,
            shuffle_files=False,
            decoders={image: tfds.decode.SkipDecoding()},
        )
        for record in tfds.as_numpy(data):
            yield record.pop(image), record


def read_catalogue(
    source: str, *, data_dir: Path | None = None, download: bool = False
) -> list[CataloguePart]:
    """Finds a data set by name.

    Args:
        source: "tfds:NAME", also "tfds:NAME/CONFIG:VERSION".
        data_dir: the folder that holds prepared data sets; the library's own by default.
        download: lets the library fetch and prepare it there when it is missing.

    Raises:
        DataError: it is not there, or cannot be read or fetched.
    """
    name = source.removeprefix(PREFIX)
    tfds = import_extra("tensorflow_datasets", extra="all")
    folder = str(data_dir) if data_dir else None
    try:
        builder = tfds.core.read_only_builder.builder_from_files(name, data_dir=folder)
    except tfds.core.DatasetNotFoundError:
        if not download:
            raise _missing(name, data_dir) from None
        builder = _fetched(tfds, name, folder)
    except (OSError, ValueError) as error:
        raise _unreadable(name, error) from None
    try:
        return [
            CataloguePart(split, _digest(info.filepaths), builder)
            for split, info in sorted(builder.info.splits.items())
        ]
    except OSError as error:
        raise _unreadable(name, error) from None


def _fetched(tfds: Any, name: str, folder: str | None) -> Any:
    try:
        builder = tfds.builder(name, data_dir=folder)
        builder.download_and_prepare()
    except Exception as error:  # what the library and the network may raise has no common class
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise DataError(
            f"Expected to fetch the data set {name!r}, received: {first}; check the name and the "
            "network, or give a data folder that holds it."
        ) from None
    return builder


def _feature(features: dict[str, Any], kind: type, what: str, name: str) -> str:
    found = [key for key, feature in features.items() if type(feature) is kind]
    if not found:
        raise DataError(
            f"Expected records with {what} in the data set {name!r}, received the fields "
            f"{', '.join(features)}; give a set that has them."
        )
    return found[0]


def _missing(name: str, data_dir: Path | None) -> DataError:
    base = re.split("[/:]", name)[0]
    folder = data_dir or Path()
    if data_dir and (folder / base).is_dir():
        there = sorted(path.name for path in (folder / base).iterdir() if path.is_dir())
        hint = f" Of {base!r} there is: {', '.join(there) or 'nothing'}."
    else:
        hint = nearest(base, [path.name for path in folder.glob("*/")] if data_dir else ())
    return DataError(
        f"Expected the prepared data set {name!r} in {data_dir or 'the default data folder'}, "
        f"received none; name its folder with --data-dir, or add --download.{hint}"
    )


def _unreadable(name: str, error: Exception) -> DataError:
    first = (str(error).strip() or type(error).__name__).splitlines()[0]
    return DataError(f"Expected a readable data set {name!r}, received: {first}; prepare it again.")


def _digest(paths: Any) -> str:
    digest = hashlib.sha256()
    for path in sorted(map(str, paths)):
        with open(path, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def plain(value: Any) -> Any:
    r"""Turns what a record holds into str, int, float, and lists and dicts of them.

    Example:
    >>> plain({"text": [b"caf\xc3\xa9"]})
    {'text': ['café']}
    """
    if isinstance(value, dict):
        return {name: plain(element) for name, element in value.items()}
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return [plain(element) for element in value] if isinstance(value, list) else value
