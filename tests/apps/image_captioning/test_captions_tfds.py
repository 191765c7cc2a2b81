"""Captions of TensorFlow Datasets, prepared in a temporary folder and read offline."""

import socket

import numpy as np
import pytest
from captioned import captions_of, png

from apps.image_captioning.data import load_captions
from shared.errors import DataError

NUMBERS = {"train": range(4), "restval": range(4, 6), "val": range(6, 8), "test": range(8, 9)}


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    import tensorflow_datasets as tfds

    class HutCaptions(tfds.core.GeneratorBasedBuilder):
        """Has the features of coco_captions."""

        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            features = tfds.features.FeaturesDict(
                {
                    "image": tfds.features.Image(),
                    "image/filename": tfds.features.Text(),
                    "captions": tfds.features.Sequence(
                        {"id": np.int64, "text": tfds.features.Text()}
                    ),
                }
            )
            return tfds.core.DatasetInfo(builder=self, features=features)

        def _split_generators(self, manager):
            return {split: self._generate_examples(split) for split in NUMBERS}

        def _generate_examples(self, split):
            folder = tmp_path_factory.mktemp(split)
            for number in NUMBERS[split]:
                path = folder / f"{number}.png"
                path.write_bytes(png(number))
                said = [{"id": 7, "text": f"{one} ü"} for one in captions_of(number)]
                yield number, {"image": path, "image/filename": path.name, "captions": said}

    class HutPictures(HutCaptions):
        def _info(self):
            features = tfds.features.FeaturesDict({"image": tfds.features.Image()})
            return tfds.core.DatasetInfo(builder=self, features=features)

        def _generate_examples(self, split):
            for key, record in super()._generate_examples(split):
                yield key, {"image": record["image"]}

    folder = tmp_path_factory.mktemp("tfds")
    HutCaptions(data_dir=str(folder)).download_and_prepare()
    HutPictures(data_dir=str(folder)).download_and_prepare()
    return folder


def test_captions_and_encoded_pictures_are_read_offline(data_dir, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was used"))
    splits = load_captions("tfds:hut_captions", data_dir=data_dir)
    given = {"train": [*range(6)], "validation": [6, 7], "test": [8]}
    for split, numbers in given.items():
        assert {one.name.split("/")[1]: (one.read(), one.captions) for one in splits[split]} == {
            f"{n}.png": (png(n), tuple(f"{one} ü" for one in captions_of(n))) for n in numbers
        }
    assert load_captions("tfds:hut_captions", data_dir=data_dir) == splits


def test_a_set_without_captions_is_refused(data_dir):
    with pytest.raises(DataError, match="captions in tfds:hut_pictures, received the fields"):
        load_captions("tfds:hut_pictures", data_dir=data_dir)
