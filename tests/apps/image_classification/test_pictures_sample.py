"""Drawn pictures: the same for a seed, of the size asked for, and to be told apart by form."""

import io

import numpy as np
import pytest
from PIL import Image
from sklearn.neighbors import KNeighborsClassifier

from apps.image_classification.data import load_pictures
from apps.image_classification.sample import CLASSES, draw, pixels_of
from shared.errors import DataError


def pixels(example):
    return np.asarray(Image.open(io.BytesIO(example.read())))


@pytest.mark.parametrize("size", [28, 32, 96])
def test_pictures_are_a_function_of_seed_class_number_and_size(size):
    first, more = draw(5, 2, size), draw(5, 3, size)
    assert len(CLASSES) == 20 and len(first) == 40
    assert {e.name: e.sha256 for e in first}.items() <= {e.name: e.sha256 for e in more}.items()
    assert len({e.sha256 for e in more}) == 60
    assert {e.sha256 for e in draw(6, 2, size)}.isdisjoint(e.sha256 for e in more)
    for example in first:
        number = int(example.name.rsplit(" ", 1)[1])
        assert np.array_equal(pixels(example), pixels_of(5, example.label, number, size))
        assert pixels(example).shape == (size, size, 3)


def test_stripes_lie_as_they_are_called():
    for number in range(5):
        for label, along in (("horizontal stripes", 1), ("vertical stripes", 0)):
            grey = pixels_of(0, label, number, 32).mean(-1)
            assert grey.std(axis=along).mean() < 15 < grey.std(axis=1 - along).mean()


def test_the_form_tells_the_class_and_the_colour_does_not():
    def tables(examples):
        images = np.stack([pixels(example) for example in examples]).astype(float)
        colours = images.mean((1, 2))
        grey = images.mean(-1).reshape(len(images), -1)
        grey -= np.median(grey, axis=1, keepdims=True)
        forms = np.abs(np.fft.fft2(grey.reshape(-1, 28, 28)))[:, :8, :8].reshape(len(images), -1)
        return colours, forms, [example.label for example in examples]

    train, test = tables(draw(0, 40, 28)), tables(draw(0, 10, 28, first=40))
    by_colour, by_form = (
        KNeighborsClassifier(3).fit(train[i], train[2]).score(test[i], test[2]) for i in (0, 1)
    )
    assert by_colour < 0.2 and by_form > 0.4, (by_colour, by_form)


def test_the_source_sample_has_three_parts_without_a_file():
    counts = {"train": 3, "validation": 2, "test": 1}
    splits = load_pictures("sample", seed=2, sample_size=28, sample_counts=counts)
    assert splits.info["classes"] == {label: counts for label in CLASSES}
    assert [len(splits[split]) for split in counts] == [60, 40, 20]
    assert splits == load_pictures("sample", seed=2, sample_size=28, sample_counts=counts)
    with pytest.raises(DataError, match="16 pixels or more"):
        draw(0, 1, 8)
