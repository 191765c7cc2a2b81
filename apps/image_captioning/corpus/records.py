"""One JSON object that names an image and its captions, alone in a line or in a list."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from apps.image_captioning.corpus.kinds import CAPTIONS, PATHS, SPLITS
from apps.image_captioning.corpus.splits import known_split


def read_record(record: Any, refuse: Callable[[str], None]) -> Iterator[tuple[str, str, str]]:
    """Yields (image, caption, split) of each caption of a record.

    Args:
        record: such as {"image": "a.jpg", "captions": ["A dog.", "A brown dog."], "split": "val"}.
        refuse: takes what is wrong with it, in words.

    Example:
    >>> list(read_record({"file_name": "a.jpg", "text": "A dog."}, print))
    [('a.jpg', 'A dog.', '')]
    >>> list(read_record({"image": "a.jpg"}, print))
    expected a caption under one of caption, captions, text, ..., received the fields image
    []
    """
    if not isinstance(record, Mapping):
        refuse(f'expected a JSON object such as {{"image": ...}}, received {record!r:.40}')
        return
    image = _first(record, PATHS)
    said = _first(record, CAPTIONS)
    captions = [said] if isinstance(said, str) else said
    split = _first(record, SPLITS)
    if not isinstance(image, str) or not image.strip():
        refuse(_missing("the path of an image", PATHS, record))
    elif not isinstance(captions, list) or not all(isinstance(one, str) for one in captions):
        refuse(_missing("a caption", CAPTIONS, record))
    elif split is not None and not (isinstance(split, str) and known_split(split)):
        refuse(f"expected the split train, validation or test, received {split!r:.40}")
    else:
        for caption in captions or [""]:
            yield image.strip(), caption, known_split(split or "")


def _first(record: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((record[name] for name in names if name in record), None)


def _missing(what: str, names: tuple[str, ...], record: Mapping[str, Any]) -> str:
    fields = ", ".join(map(str, record))[:80] or "none"
    return f"expected {what} under one of {', '.join(names[:3])}, ..., received the fields {fields}"
