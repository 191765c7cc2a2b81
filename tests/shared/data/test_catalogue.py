"""Data sets in the layout of TensorFlow Datasets, written by the test and read without it."""

import socket

import numpy as np
import pytest

from shared.data.catalogue import read_catalogue
from shared.errors import DataError


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    import tensorflow_datasets as tfds

    class BrickColours(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            features = {
                "name": tfds.features.Text(),
                "parts": tfds.features.Sequence(tfds.features.Text()),
                "shades": np.int32,
            }
            return tfds.core.DatasetInfo(
                builder=self, features=tfds.features.FeaturesDict(features)
            )

        def _split_generators(self, manager):
            return {"train": self._generate_examples(3), "test": self._generate_examples(1)}

        def _generate_examples(self, count):
            for number in range(count):
                parts = [f"é{part}" for part in range(number)]
                yield number, {"name": f"brick {number}", "parts": parts, "shades": number}

    folder = tmp_path_factory.mktemp("tfds")
    BrickColours(data_dir=str(folder)).download_and_prepare()
    return folder


@pytest.fixture
def no_network(monkeypatch):
    def refused(*arguments, **options):
        pytest.fail("the network was used")

    monkeypatch.setattr(socket.socket, "connect", refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)


@pytest.mark.usefixtures("no_network")
def test_prepared_data_set_is_read_as_plain_python(data_dir):
    parts = read_catalogue("tfds:brick_colours", data_dir=data_dir)
    assert [part.name for part in parts] == ["test", "train"]
    records = sorted(parts[1].records(), key=lambda record: record["shades"])
    assert records == [
        {"name": "brick 0", "parts": [], "shades": 0},
        {"name": "brick 1", "parts": ["é0"], "shades": 1},
        {"name": "brick 2", "parts": ["é0", "é1"], "shades": 2},
    ]
    assert parts[0].sha256 != parts[1].sha256
    again = read_catalogue("tfds:brick_colours:1.0.0", data_dir=data_dir)
    assert [part.sha256 for part in again] == [part.sha256 for part in parts]


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("brick_colors", r"add --download\. Did you mean 'brick_colours'\?"),
        ("brick_colours:2.0.0", r"Of 'brick_colours' there is: 1\.0\.0"),
        ("brick_colours/red", r"Of 'brick_colours' there is"),
        ("", "readable data set"),
        ("../x", "readable data set"),
    ],
)
def test_what_is_not_there_is_named(data_dir, name, sentence):
    with pytest.raises(DataError, match=sentence):
        read_catalogue(f"tfds:{name}", data_dir=data_dir)


def test_damaged_data_set_is_named(data_dir, tmp_path):
    folder = tmp_path / "brick_colours" / "1.0.0"
    folder.mkdir(parents=True)
    for file in (data_dir / "brick_colours" / "1.0.0").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    for file in folder.glob("*.tfrecord*"):
        file.unlink()
    with pytest.raises(DataError, match="readable data set"):
        read_catalogue("tfds:brick_colours", data_dir=tmp_path)


def test_failing_download_is_one_sentence(tmp_path, monkeypatch):
    import tensorflow_datasets as tfds

    def refused(name, data_dir):
        raise ConnectionError("no route to host\nsecond line")

    monkeypatch.setattr(tfds, "builder", refused)
    with pytest.raises(DataError, match="received: no route to host; check"):
        read_catalogue("tfds:brick_colours", data_dir=tmp_path, download=True)
