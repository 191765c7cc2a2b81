"""Scenes of the sample: pixels show what they say, captions are true, and the judge knows."""

import io
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from apps.image_captioning.data import load_captions
from apps.image_captioning.sample import (
    draw_examples,
    is_right,
    picture_of,
    sample_scene,
    scene_of,
)
from apps.image_captioning.scenes.picture import paint
from apps.image_captioning.scenes.reader import read_caption
from apps.image_captioning.scenes.scene import COLOURS, GROUNDS, SHAPES, Scene, Thing
from apps.image_captioning.scenes.writer import write_captions
from shared.errors import DataError
from shared.text.words import split_words

SCENE = Scene(
    (
        Thing("circle", "red", "small", 0, 0),
        Thing("circle", "red", "large", 0, 2),
        Thing("star", "blue", "large", 2, 1),
    ),
    "white",
)
# Judged by a person who looked at the scene above: two red circles in the upper corners, small on
# the left and large on the right, and a large blue star at the bottom.
TRUE = """
A red circle.
two red circles and a large blue star on a white background
A small red circle, a large red circle and a blue star.
There are three shapes on a white background
There is one star
Two large shapes
This picture shows two shapes at the top
There is a large circle in the top right corner.
A picture of a shape and a red circle
A red circle is to the left of the blue star
The blue star is left of a red circle
The star is below two circles
Two circles are above the star
The small shape is to the left of the large circle
Two red circles are at the top
The blue shape is at the bottom
""".strip().split("\n")
FALSE_OF_IT = """
An orange star
A green circle
One red circle
Three red circles
a small blue star
Two circles and a red shape
Two red circles and one large shape
A red circle on a black background
There are four shapes
The red circle is at the top
The star is in the middle
Two circles are on the left
The star is above a circle
Two circles are to the left of the star
The small circle is right of the large circle
""".strip().split("\n")
NO_SENTENCE = """
a picture of a shape and a red circle and
A red circles
an red circle
a orange star
There are a red circle
There is two red circles
Two circles is above the star
A red circle a star
A red circle and a star and a shape
a picture of the star
the star is
the star is near a circle
a circle red
red circle
a red circle on a white ground
a dog runs on the beach
""".strip().split("\n")


def test_the_judge_agrees_with_a_person():
    for caption in TRUE:
        assert is_right(caption, SCENE), caption
    for caption in FALSE_OF_IT:
        read_caption(caption)
        assert not is_right(caption, SCENE), caption
    for caption in ["", "...", *NO_SENTENCE]:
        assert not is_right(caption, SCENE)
        with pytest.raises(DataError, match="caption of the sample"):
            read_caption(caption)


def test_an_endless_caption_is_judged_at_once():
    endless = f"{'a shape, ' * 500}and a shape"
    assert len(read_caption(endless).phrases) == 501 and not is_right(endless, SCENE)


def scenes(count):
    return [sample_scene(3, number) for number in range(count)]


def test_five_different_true_captions_of_every_scene():
    some = scenes(600)
    told = [write_captions(scene, random.Random(n)) for n, scene in enumerate(some)]
    for scene, captions in zip(some, told, strict=True):
        assert len(set(captions)) == 5
        assert all(is_right(caption, scene) for caption in captions), (scene, captions)
        # What a network writes has neither capitals nor commas.
        assert all(is_right(" ".join(split_words(caption)), scene) for caption in captions)
        assert all(c[0].isupper() and c.endswith(".") for c in captions)
    # A caption is seldom true of another scene; one that names everything hardly ever.
    other = [is_right(one, scene) for scene, c in zip(some, told[1:], strict=False) for one in c]
    assert np.mean(other) < 0.1
    assert np.mean(other[::5]) < 0.02


def test_scenes_and_captions_use_all_that_there_is():
    some = scenes(600)
    assert {len(scene.things) for scene in some} == {1, 2, 3, 4}
    assert {one.shape for scene in some for one in scene.things} == set(SHAPES)
    assert {one.colour for scene in some for one in scene.things} == set(COLOURS)
    assert {scene.ground for scene in some} == set(GROUNDS)
    assert all(len({(t.row, t.column) for t in s.things}) == len(s.things) for s in some)
    words = {
        word
        for n, scene in enumerate(some)
        for caption in write_captions(scene, random.Random(n))
        for word in split_words(caption)
    }
    relations = {"left", "right", "above", "below", "under", "top", "bottom", "middle", "corner"}
    assert relations | {"one", "two", "three", "four", "the", "an", "and", "shape"} <= words
    assert len(words) < 60


def pixels(seed, number, size):
    return np.asarray(Image.open(io.BytesIO(picture_of(seed, number, size)))).astype(float)


def nearest_name(colour):
    known = {**COLOURS, **GROUNDS}
    return min(known, key=lambda name: np.abs(np.array(known[name]) - colour).sum())


def test_pixels_show_the_scene():
    """Cell by cell: a figure of the right colour or none, and areas in the order of the shapes."""
    areas = {}
    for number in range(200):
        scene, image = sample_scene(5, number), pixels(5, number, 96)
        things = {(one.row, one.column): one for one in scene.things}
        for row in range(3):
            for column in range(3):
                cell = image[row * 32 : row * 32 + 32, column * 32 : column * 32 + 32]
                painted = np.abs(cell - GROUNDS[scene.ground]).sum(-1) > 60
                thing = things.get((row, column))
                assert painted.any() == bool(thing), (number, row, column)
                if thing:
                    assert nearest_name(np.median(cell[painted], axis=0)) == thing.colour
                    areas.setdefault((thing.shape, thing.size), []).append(painted.sum())
    mean = {key: np.mean(values) for key, values in areas.items()}
    for shape in SHAPES:
        assert mean[shape, "large"] > 2 * mean[shape, "small"]
    for size in ("small", "large"):
        order = sorted(SHAPES, key=lambda shape: mean[shape, size])
        assert order == ["star", "triangle", "square", "circle"]


def test_a_triangle_is_wide_below_and_a_square_is_not():
    def widths(shape):
        scene = Scene((Thing(shape, "red", "large", 1, 1),), "white")
        image = np.asarray(paint(scene, 96, random.Random(0))).astype(float)
        rows = (np.abs(image - 245).sum(-1) > 100).sum(1)
        return rows[rows > 0]

    triangle, square = widths("triangle"), widths("square")
    assert np.all(np.diff(triangle) >= -1) and triangle[-2] > 4 * triangle[1]
    assert square.max() - square[1:-1].min() <= 1


def test_examples_are_a_function_of_seed_and_number():
    few, more = draw_examples(1, 3, 64), draw_examples(1, 5, 64)
    assert more[:3] == few and draw_examples(1, 2, 64, first=3) == more[3:]
    assert len({one.sha256 for one in more}) == 5
    other = draw_examples(2, 5, 64)
    assert {one.sha256 for one in other}.isdisjoint(one.sha256 for one in more)
    for number, example in enumerate(more):
        assert Image.open(io.BytesIO(example.read())).size == (64, 64)
        assert scene_of(example, seed=1) == sample_scene(1, number)
        assert all(is_right(one, scene_of(example, seed=1)) for one in example.captions)
    # Size changes pixels, not what is shown or said.
    assert [one.captions for one in draw_examples(1, 3, 96)] == [one.captions for one in few]
    with pytest.raises(DataError, match="32 pixels or more"):
        draw_examples(1, 1, 16)
    with pytest.raises(DataError, match="example of the sample"):
        scene_of(type(few[0])("x.jpg", "0", bytes, ("A",)), seed=1)


def test_another_process_draws_the_same():
    code = (
        "from apps.image_captioning.sample import draw_examples as d;"
        "print(*[(e.sha256, e.captions) for e in d(7, 4, 64)], sep='\\n')"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[3],
    )
    here = [str((one.sha256, one.captions)) for one in draw_examples(7, 4, 64)]
    assert said.stdout.splitlines() == here


def test_the_source_sample_has_three_parts_without_a_file():
    counts = {"train": 6, "validation": 3, "test": 2}
    splits = load_captions("sample", seed=4, sample_counts=counts)
    assert {split: len(splits[split]) for split in counts} == counts
    assert splits.info["captions"] == {split: 5 * count for split, count in counts.items()}
    names = [one.name for split in counts for one in splits[split]]
    assert names == [f"scene {number}" for number in range(11)]
    assert splits == load_captions("sample", seed=4, sample_counts=counts)
