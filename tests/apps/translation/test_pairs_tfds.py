"""Pairs as a data set of TensorFlow Datasets, prepared by the test without a network."""

import socket

import numpy as np
import pytest

from apps.translation.corpus import catalogue
from apps.translation.data import Pair, load_pairs
from shared.data.catalogue import CataloguePart
from shared.errors import DataError

COUNTS = {"train": 30, "validation": 4, "test": 3}


def pair(split, number):
    return Pair(f"{split} hut {number}\nred", f"{split} Hütte {number}\0rot")


def expected(split):
    return [
        Pair(f"{split} hut {number} red", f"{split} Hütte {number} rot")
        for number in range(COUNTS[split])
    ]


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    import tensorflow_datasets as tfds

    class HutTranslate(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            features = tfds.features.Translation(languages=("de", "en"))
            return tfds.core.DatasetInfo(builder=self, features=features)

        def _split_generators(self, manager):
            return {split: self._generate_examples(split) for split in COUNTS}

        def _generate_examples(self, split):
            for number in range(COUNTS[split]):
                english, german = pair(split, number)
                yield number, {"en": english, "de": german}

    class HutImages(HutTranslate):
        def _info(self):
            features = tfds.features.FeaturesDict({"text": tfds.features.Text(), "label": np.int64})
            return tfds.core.DatasetInfo(builder=self, features=features)

        def _generate_examples(self, split):
            yield 0, {"text": "hut", "label": 1}

    folder = tmp_path_factory.mktemp("tfds")
    HutTranslate(data_dir=str(folder)).download_and_prepare()
    HutImages(data_dir=str(folder)).download_and_prepare()
    return folder


def test_pairs_are_read_offline(data_dir, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was used"))
    splits = load_pairs("tfds:hut_translate", source_language="en", data_dir=data_dir)
    assert splits.info["languages"] == ["en", "de"]
    for split in COUNTS:
        assert sorted(splits[split]) == sorted(expected(split))
    assert load_pairs("tfds:hut_translate", target_language="de", data_dir=data_dir) == splits
    parts = [(part["name"], part["split"]) for part in splits.info["parts"]]
    assert parts == [(name, name) for name in ("test", "train", "validation")]


def test_what_is_no_translation_is_refused(data_dir):
    with pytest.raises(DataError, match="two languages in tfds:hut_images, received the fields"):
        load_pairs("tfds:hut_images", data_dir=data_dir)
    with pytest.raises(
        DataError, match="language 'fr' in tfds:hut_translate, received only de, en"
    ):
        load_pairs("tfds:hut_translate", target_language="fr", data_dir=data_dir)
    with pytest.raises(DataError, match="name one with --pairs"):
        load_pairs("tfds:hut_translate", data_dir=data_dir)
    with pytest.raises(DataError, match=r"Did you mean 'hut_translate'\?"):
        load_pairs("tfds:hut_translat", data_dir=data_dir)


def test_a_folder_of_translate_folder_reads_alike(tmp_path, monkeypatch):
    """The library's own reader of such a folder, and ours, give the same pairs."""
    import tensorflow_datasets as tfds

    for split, count in COUNTS.items():
        for language in ("en", "de"):
            lines = [f"{split} {language} {number} ü" for number in range(count)]
            path = tmp_path / "huts" / f"{language}.{split}.txt"
            path.parent.mkdir(exist_ok=True)
            path.write_text("\n".join(lines) + "\n")
    builder = tfds.TranslateFolder(str(tmp_path / "huts"))
    parts = [CataloguePart(name, f"digest of {name}", builder) for name in sorted(COUNTS)]
    monkeypatch.setattr(catalogue, "read_catalogue", lambda *_, **__: parts)
    theirs = load_pairs("tfds:huts", source_language="en")
    ours = load_pairs(str(tmp_path / "huts"), source_language="en")
    for split, count in COUNTS.items():
        assert theirs[split] == ours[split] and len(ours[split]) == count
    assert ours.test[2] == Pair("test en 2 ü", "test de 2 ü")
