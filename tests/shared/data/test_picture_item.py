"""What `predict` may be given: each form of one picture, and what is none."""

import base64
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from shared.data.pictures.item import MOST_BYTES, parse_item
from shared.errors import DataError


def png(size=(5, 4)):
    file = io.BytesIO()
    Image.new("RGB", size, "red").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "été 1.png"
    path.write_bytes(png())
    return path


def test_every_form_gives_the_same_bytes(path):
    text = base64.b64encode(png()).decode()
    for raw in (
        path,
        str(path),
        f"  {path}\n",
        str(path).encode(),
        png(),
        {"path": str(path)},
        json.dumps({"path": str(path)}),
        {"image_bytes": png()},
        {"image_bytes": {"b64": text}},
        {"b64": text},
        json.dumps({"image_bytes": {"b64": text}}).encode(),
    ):
        assert parse_item(raw).data == png(), raw
    assert parse_item(str(path)).name == str(path)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("", "expected the path of a picture"),
        ("no/such.jpg", "No such file or directory"),
        (b"\xff\xfe\x00", "UTF-8"),
        (7, "received 7"),
        ("{", "expected the path of a picture"),
        ('{"pth": "a.png"}', "Did you mean 'path'"),
        ({"b64": "***"}, "b64 that is none"),
        ({"image_bytes": 3}, "received 3"),
        (b"\xff\xd8\xff\xe0 cut off", "damaged or cut off"),
        ({"image_bytes": b"hello"}, "no JPEG, PNG, GIF, BMP or WebP"),
        ("x\0y", "expected the path of a picture"),
        ("x" * 100_000, "cannot be read"),
    ],
)
def test_what_is_no_picture_is_refused_in_one_sentence(raw, said):
    with pytest.raises(DataError) as caught:
        parse_item(raw)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400


def test_folders_and_endless_files_are_refused(tmp_path):
    with pytest.raises(DataError, match="Is a directory"):
        parse_item(str(tmp_path))
    huge = tmp_path / "huge.png"
    with open(huge, "wb") as file:
        file.write(png())
        file.truncate(MOST_BYTES + 1)
    with pytest.raises(DataError, match="at most 100 MB"):
        parse_item(Path(huge))
