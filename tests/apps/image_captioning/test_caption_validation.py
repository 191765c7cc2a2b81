"""What an epoch is judged by: the greedy captions of validation images."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from apps.image_captioning.config import PRESETS
from apps.image_captioning.example import Example
from apps.image_captioning.preprocessing import CaptionPreprocessing
from apps.image_captioning.self_critical.cider import CiderD
from apps.image_captioning.validation import JUDGED, Judge, judged, references
from tests.apps.image_captioning.tiny_decoder import TinyDecoder

WORDS = CaptionPreprocessing.fit(
    [Example("", "", bytes, ("a dog runs here", "a cat sleeps there"))], min_count=1
)


def example(number, *captions):
    return Example(str(number), str(number), bytes, captions)


def test_a_part_is_judged_by_images_that_are_spread_over_it():
    few = [example(number, "a dog") for number in range(5)]
    assert judged(few) == few
    many = [example(number, "a dog") for number in range(3 * JUDGED)]
    chosen = judged(many)
    assert len(chosen) == JUDGED and chosen == many[::3]


def test_references_keep_their_ends_and_are_never_cut():
    long = "a dog runs " * 40
    first, second = references(WORDS, example(0, "a dog", long))
    assert first.tolist() == [*WORDS.encode(["a dog"], max_words=5)[0]]
    assert len(second) == 121 and second[-1] == 3


def decoder_that_says(caption):
    """A decoder that says one caption of every picture."""
    table = np.zeros((len(WORDS), len(WORDS)), np.float32)
    said = [2, *WORDS.encode([caption], max_words=20)[0]]
    for one, following in pairwise(said):
        table[one, following] = 20.0
    return TinyDecoder(table, channels=4)


@pytest.mark.parametrize("count", [3, 60])
def test_it_is_cider_of_what_is_written(count):
    examples = [
        example(number, "a dog runs here" if number % 3 else "a cat sleeps there", "a dog")
        for number in range(count)
    ]
    decoding = replace(PRESETS["smoke"].decoding, max_words=6)
    grids = np.ones((count, 1, 4), np.float32)
    judge = Judge(decoder_that_says("a dog runs here"), WORDS, examples, lambda: grids, decoding)
    written = WORDS.encode(["a dog runs here"], max_words=6) * count
    expected = CiderD([references(WORDS, one) for one in examples]).scores(written)
    assert judge() == {"cider": pytest.approx(100 * expected.mean(), rel=1e-6)}
    assert expected.mean() > 1


def test_a_caption_without_an_end_is_judged_up_to_where_it_is_cut():
    examples = [example(number, "a dog runs here", "a cat") for number in range(4)]
    examples.append(example(5, "there"))
    decoding = replace(PRESETS["smoke"].decoding, max_words=1)
    grids = np.ones((5, 1, 4), np.float32)
    judge = Judge(decoder_that_says("a dog runs here"), WORDS, examples, lambda: grids, decoding)
    cut = WORDS.encode(["a dog"], max_words=5)[0][:2]
    expected = CiderD([references(WORDS, one) for one in examples]).scores([cut] * 5)
    assert judge()["cider"] == pytest.approx(100 * expected.mean(), rel=1e-6)
