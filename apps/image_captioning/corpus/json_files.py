"""Captions in one JSON document: COCO's, Karpathy's, or a list of objects."""

import functools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from apps.image_captioning.corpus.described import Described, grouped
from apps.image_captioning.corpus.records import read_record
from apps.image_captioning.corpus.splits import known_split
from shared.data.lines import Problems
from shared.data.sources import SourceFile
from shared.errors import DataError

# Karpathy's file of COCO has 145 MB.
MAX_BYTES = 2**30


def read_json(file: SourceFile) -> list[Described]:
    """Reads the captions of a document; what is in it shows which format it is.

    - COCO (Chen et al. 2015, arXiv:1504.00325): {"images": [{"id", "file_name"}, ...],
      "annotations": [{"image_id", "caption"}, ...]}.
    - Karpathy (Karpathy and Fei-Fei 2015, arXiv:1412.2306): {"images": [{"filename", "split",
      "sentences": [{"raw"}, ...]}, ...]}, for COCO with "filepath", the folder.
    - a list of objects as `apps.image_captioning.corpus.records` reads them.

    Raises:
        DataError: it is no JSON, or none of these; the first of all faults are told together.
    """
    document = _parsed(file)
    problems = Problems(file.label, unit="entry")
    images = document.get("images") if isinstance(document, Mapping) else None
    if isinstance(document, list):
        described = grouped(_listed(document, problems))
    elif isinstance(images, list) and isinstance(document.get("annotations"), list):
        described = _coco(images, document["annotations"], problems)
    elif isinstance(images, list):
        described = _karpathy(images, problems)
    else:
        fields = ", ".join(document) if isinstance(document, Mapping) else type(document).__name__
        raise DataError(
            f'Expected {file.label} to hold "images" and "annotations" as COCO has them, "images" '
            f"with sentences as Karpathy has them, or a list of objects, received {fields!r:.80}; "
            "give another caption file."
        )
    problems.raise_any()
    return described


def _parsed(file: SourceFile) -> Any:
    data = file.stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise DataError(f"Expected at most 1 GiB in {file.label}, received more; cut it in parts.")
    try:
        return json.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DataError(
            f"Expected {file.label} to be JSON in UTF-8, received something else ({error}); get "
            "the file again."
        ) from None


def _listed(records: list[Any], problems: Problems) -> Iterator[tuple[str, str, str]]:
    for number, record in enumerate(records, start=1):
        yield from read_record(record, functools.partial(problems.add, number))


def _coco(images: list[Any], annotations: list[Any], problems: Problems) -> list[Described]:
    names: dict[Any, str] = {}
    for number, image in enumerate(images, start=1):
        name = image.get("file_name") if isinstance(image, Mapping) else None
        key = image.get("id") if isinstance(image, Mapping) else None
        if isinstance(name, str) and name.strip() and isinstance(key, int | str):
            names[key] = name.strip()
        else:
            problems.add(number, f"expected id and file_name, received {image!r:.40}")
    captions: dict[str, list[str]] = {name: [] for name in names.values()}
    for number, one in enumerate(annotations, start=1):
        caption = one.get("caption") if isinstance(one, Mapping) else None
        key = one.get("image_id") if isinstance(one, Mapping) else None
        if isinstance(caption, str) and isinstance(key, int | str):
            # A caption of an image that is not listed is told as one without an image.
            captions.setdefault(names.get(key, f"image_id {key}"), []).append(caption)
        else:
            problems.add(number, f"expected image_id and caption, received {one!r:.40}")
    return [Described(name, tuple(said)) for name, said in captions.items()]


def _karpathy(images: list[Any], problems: Problems) -> list[Described]:
    described = []
    for number, image in enumerate(images, start=1):
        try:
            name = "/".join(filter(None, (image.get("filepath", ""), image["filename"])))
            captions = tuple(one["raw"] for one in image["sentences"])
            split = known_split(image["split"])
            if not all(isinstance(one, str) for one in captions):
                raise TypeError("raw")
        except (KeyError, TypeError, AttributeError) as error:
            fault = f"expected filename, split and sentences with raw ({error}), received "
            problems.add(number, f"{fault}{image!r:.40}")
            continue
        if split:
            described.append(Described(name, captions, split))
        else:
            fault = f"expected the split train, restval, val or test, received {image['split']!r}"
            problems.add(number, fault)
    return described
