"""What `predict` of an app of pictures is asked: one picture, as a path, as bytes, or in JSON."""

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from shared.data.lines import decode_request
from shared.errors import DataError, nearest
from shared.images.marks import is_marked

FIELDS = ("path", "image_bytes", "b64")
MOST_BYTES = 100 * 1024 * 1024
EXPECTED = (
    'expected the path of a picture, its bytes, {"path": "photo.jpg"} or {"image_bytes": {"b64": '
    '"..."}}'
)
_SHOWN = 60


class Item(NamedTuple):
    """An encoded picture, and what to call it."""

    name: str
    data: bytes


def parse_item(raw: Any) -> Item:
    """Reads one raw input.

    Args:
        raw: a path (str, bytes in UTF-8, or Path); the bytes of a picture; or a mapping, or JSON
            text of one, with "path" or "image_bytes".

    Raises:
        DataError: nothing is there, or it is no picture that can be decoded.
    """
    if isinstance(raw, Mapping):
        return _of_mapping(raw)
    if isinstance(raw, Path):
        return _of_path(str(raw))
    if isinstance(raw, bytes):
        if is_marked(raw):
            return _checked("picture", raw)
        raw = decode_request(raw)
    if not isinstance(raw, str):
        raise DataError(f"{EXPECTED}, received {_short(raw)}.")
    if raw.lstrip().startswith("{"):
        try:
            return _of_mapping(json.loads(raw))
        except (ValueError, RecursionError) as error:
            raise DataError(f"{EXPECTED}, received {_short(raw)} ({error}).") from None
    return _of_path(raw.strip())


def _of_mapping(record: Mapping[str, Any]) -> Item:
    for name in record:
        if name not in FIELDS:
            raise DataError(
                f"{EXPECTED}, received the field {_short(name)}.{nearest(str(name), FIELDS)}"
            )
    if isinstance(path := record.get("path"), str):
        return _of_path(path)
    # The b64 of a server's JSON may stand alone too.
    data = record.get("image_bytes", record)
    if isinstance(data, Mapping) and isinstance(text := data.get("b64"), str):
        data = _decoded(text)
    if not isinstance(data, bytes):
        raise DataError(f"{EXPECTED}, received {_short(data)}.")
    return _checked("picture", data)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error) as error:
        raise DataError(f"{EXPECTED}, received b64 that is none ({error}).") from None


def _of_path(path: str) -> Item:
    if not path or "\0" in path:
        raise DataError(f"{EXPECTED}, received {_short(path)}.")
    try:
        with open(path, "rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(
            f"Expected a picture at {_short(path)}, which cannot be read ({reason}); check the "
            "path."
        ) from None
    return _checked(path, data)


def _checked(name: str, data: bytes) -> Item:
    from shared.images.readable import fault_of

    if len(data) > MOST_BYTES:
        raise DataError(
            f"Expected a picture of at most {MOST_BYTES >> 20} MB, received more in "
            f"{_short(name)}; save it smaller."
        )
    if fault := fault_of(data):
        raise DataError(
            f"Expected a JPEG, PNG, GIF, BMP or WebP picture in {_short(name)}, received one that "
            f"is unusable: {fault}; save it anew."
        )
    return Item(name, data)


def _short(value: Any) -> str:
    shown = repr(value)
    return shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}..."
