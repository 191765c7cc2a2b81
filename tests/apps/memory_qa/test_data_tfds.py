"""Stories as a data set of TensorFlow Datasets, prepared by the test without a network."""

import socket

import numpy as np
import pytest

from apps.memory_qa.data import load_stories
from shared.errors import DataError


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    import tensorflow_datasets as tfds

    class HouseStories(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            text = tfds.features.Text()
            features = tfds.features.FeaturesDict(
                {
                    "story": tfds.features.Sequence(text),
                    "question": text,
                    "answer": text,
                    "task": text,
                    "support": tfds.features.Sequence(np.int64),
                    "id": np.int64,
                }
            )
            return tfds.core.DatasetInfo(builder=self, features=features)

        def _split_generators(self, manager):
            return {"train": self._generate_examples(20), "test": self._generate_examples(2)}

        def _generate_examples(self, count):
            for number in range(count):
                yield (
                    number,
                    {
                        "story": ["Ann sat down.", f"Ann went to room{number}."],
                        "question": "Where is Ann?",
                        "answer": f"Room{number}",
                        "task": "where",
                        "support": [1],
                        "id": number,
                    },
                )

    class BadStories(HouseStories):
        def _generate_examples(self, count):
            for key, record in super()._generate_examples(2):
                yield key, {**record, "question": ""}

    folder = tmp_path_factory.mktemp("tfds")
    HouseStories(data_dir=str(folder)).download_and_prepare()
    BadStories(data_dir=str(folder)).download_and_prepare()
    return folder


def test_stories_are_read_offline(data_dir, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("the network was used"))
    splits = load_stories("tfds:house_stories", data_dir=data_dir)
    assert len(splits.test) == 2 and len(splits.validation) == 2 and len(splits.train) == 18
    for example in [*splits.train, *splits.validation]:
        assert example.story == ("Ann sat down.", f"Ann went to {example.answer}.")
        assert (example.task, example.support) == ("where", (1,))
    assert {e.answer for e in splits.train}.isdisjoint(e.answer for e in splits.validation)
    assert load_stories("tfds:house_stories", data_dir=data_dir) == splits


def test_problems_name_data_set_and_record(data_dir):
    with pytest.raises(DataError, match=r"2 problems in tfds:bad_stories test: line 1: expected"):
        load_stories("tfds:bad_stories", data_dir=data_dir)
    with pytest.raises(DataError, match="task numbers"):
        load_stories("tfds:house_stories", data_dir=data_dir, tasks=(1,))
    with pytest.raises(DataError, match=r"Did you mean 'house_stories'\?"):
        load_stories("tfds:house_story", data_dir=data_dir)
