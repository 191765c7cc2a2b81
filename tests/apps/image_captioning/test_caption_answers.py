"""Captions of a network with random weights: by value, in batches, and as the flags ask."""

import io
import json
from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from untrained_captioner import make_untrained_captioner

from apps.image_captioning.answering.answer import (
    BATCH_SIZE,
    answer,
    caption_all,
    detail_lines,
    readable,
)
from apps.image_captioning.answering.asked import prepared
from apps.image_captioning.answering.grids import ComputedGrids
from apps.image_captioning.answering.item import example_items
from apps.image_captioning.answering.verbs import CaptionOptions
from apps.image_captioning.example import Example
from apps.image_captioning.preprocessing import END_ID, START_ID
from apps.image_captioning.sample import draw_examples
from shared.data.pictures.item import Item
from shared.errors import DataError, UserError
from shared.predict import predict

ITEMS = example_items()


@pytest.fixture(scope="module", autouse=True)
def eagerly():
    """Compiles nothing: every flag makes a search of its own, and each is run once."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_untrained_captioner(tmp_path_factory.mktemp("run") / "run")


def captions(results):
    return [[one["caption"] for one in result["captions"]] for result in results]


def asked(answerer, **flags):
    options = CaptionOptions("run", **flags)
    items = [item.data for item in ITEMS]
    return list(predict(answerer.app, prepared(answerer, options), items))


def test_a_caption_is_as_probable_as_the_decoder_says(bundle):
    found = answer(bundle, ITEMS)
    features = ComputedGrids(
        [Example(item.name, "", lambda data=item.data: data, ()) for item in ITEMS],
        bundle.model.encoder,
        crop=1.0,
    )[np.arange(len(ITEMS))]
    vocabulary = bundle.preprocessing.vocabulary
    alpha = bundle.config.decoding.length_penalty
    for row, several in enumerate(found["captions"]):
        assert len(set(several)) == 3
        for place, caption in enumerate(several):
            ids = [*vocabulary.ids(caption.decode().split()), END_ID][:8]
            target_ids = np.array([[START_ID, *ids[:-1]]], np.int32)
            logits = np.asarray(
                bundle.model.decoder(
                    {"features": features[row : row + 1], "target_ids": target_ids}
                )
            )[0].astype(np.float64)
            logits -= np.log(np.exp(logits).sum(axis=-1, keepdims=True))
            total = logits[np.arange(len(ids)), ids].sum()
            assert found["log_probabilities"][row, place] == pytest.approx(total, abs=1e-3)
            assert found["scores"][row, place] == pytest.approx(
                total / ((5 + len(ids)) / 6) ** alpha, abs=1e-3
            )
    assert len(set(found["caption"].tolist())) > 3


def test_arrays_fit_together(bundle):
    found = answer(bundle, ITEMS)
    for one, several in (
        ("caption", "captions"),
        ("score", "scores"),
        ("log_probability", "log_probabilities"),
    ):
        np.testing.assert_array_equal(found[one], found[several][:, 0])
    _, places, _ = bundle.model.encoder.output_shape
    assert found["attention"].shape == (len(ITEMS), 8, places)
    assert found["words"].shape == (len(ITEMS), 8)
    for caption, words, attention in zip(
        found["caption"], found["words"], found["attention"], strict=True
    ):
        said = caption.split()
        assert words.tolist() == said + [b""] * (8 - len(said))
        steps = min(8, len(said) + 1)
        np.testing.assert_allclose(attention[:steps].sum(axis=-1), 1.0, atol=1e-5)
        assert not attention[steps:].any()
    kinds = {name: array.dtype.kind for name, array in found.items()}
    assert kinds == {
        **dict.fromkeys(("caption", "captions", "words"), "O"),
        **dict.fromkeys(("log_probability", "score", "log_probabilities", "scores"), "f"),
        **dict.fromkeys(("attention", "crop"), "f"),
    }


def test_results_are_readable_and_json(bundle):
    results = readable(ITEMS, answer(bundle, ITEMS))
    assert json.loads(json.dumps(results)) == results
    for result, item in zip(results, ITEMS, strict=True):
        assert result["picture"] == item.name and result["attention"]["crop"] == 1.0
        assert " ".join(result["attention"]["words"]) == result["answer"]
        assert result["captions"][0] == {
            "caption": result["answer"],
            "log_probability": result["log_probability"],
            "score": result["score"],
        }
        assert np.shape(result["attention"]["weights"])[0] == len(result["answer"].split())
        best = result["captions"][0]
        assert detail_lines(result)[0] == f"{best['score']:.4f}  {best['caption']}"
    assert detail_lines({"captions": [{"caption": "a", "score": -1.0}]}) == []


def test_a_network_that_does_not_look_has_no_weights(tmp_path):
    blind = make_untrained_captioner(tmp_path / "run", kind="show_and_tell")
    found = answer(blind, ITEMS[:2])
    assert found["attention"].shape[:2] == (2, 8) and not found["attention"].any()
    for result in readable(ITEMS[:2], found):
        assert result["attention"]["words"] and result["attention"]["weights"] == []


def test_many_pictures_keep_their_places_and_few_are_read_at_once(bundle):
    examples = draw_examples(5, 4, 64)
    alone = [caption_all(bundle, [one])[0] for one in examples]
    assert len(set(alone)) > 1
    items = [Item(one.name, one.read()) for one in examples]
    assert [text.decode() for text in answer(bundle, items)["caption"]] == alone
    order = np.random.default_rng(0).integers(0, 4, BATCH_SIZE + 7)
    grids = ComputedGrids(examples, bundle.model.encoder, crop=1.0)[np.arange(4)]
    read: list[int] = []

    class Counted:
        """Features that note how many are asked for."""

        def __len__(self):
            return len(order)

        def __getitem__(self, places):
            read.append(len(places))
            return grids[order[places]]

    many = [examples[place] for place in order]
    expected = [alone[place] for place in order]
    assert caption_all(bundle, many, features=Counted()) == expected
    assert read == [BATCH_SIZE, BATCH_SIZE]
    assert caption_all(bundle, examples) == alone
    assert caption_all(bundle, []) == []


def test_a_picture_that_is_gone_is_named(bundle):
    def gone():
        raise FileNotFoundError(2, "No such file")

    with pytest.raises(DataError, match=r"the picture lost\.jpg"):
        caption_all(bundle, [Example("lost.jpg", "0", gone, ("a",))])


def test_the_crop_is_what_is_seen(tmp_path):
    whole = make_untrained_captioner(tmp_path / "one")
    half = make_untrained_captioner(tmp_path / "two", crop=0.5)
    wide = Image.open(io.BytesIO(ITEMS[0].data)).convert("RGB").resize((160, 80))
    # The middle 40 of 160 x 80 pixels, cut out beforehand.
    parts = []
    for image in (wide, wide.crop((60, 20, 100, 60))):
        file = io.BytesIO()
        image.save(file, "PNG")
        parts.append(Item("picture", file.getvalue()))
    seen, cut = answer(half, parts[:1]), answer(whole, parts[1:])
    assert seen["crop"].tolist() == [0.5] and cut["crop"].tolist() == [1.0]
    np.testing.assert_array_equal(seen["captions"], cut["captions"])
    np.testing.assert_allclose(seen["scores"], cut["scores"], atol=0.02)
    other = answer(whole, parts[:1])
    assert np.abs(other["scores"] - seen["scores"]).max() > 0.02


def test_no_flag_asks_for_the_runs_own_search(bundle):
    assert captions(asked(bundle)) == captions(readable(ITEMS, answer(bundle, ITEMS)))


@pytest.mark.parametrize(
    ("flags", "held"),
    [
        ({"beam_width": 1}, 1),
        ({"beam_width": 2}, 2),
        ({"beam_width": 6, "n_best": 5}, 5),
        ({"n_best": 1}, 1),
        ({"beam_width": 7}, 3),
    ],
)
def test_flags_are_settings_of_the_search(bundle, flags, held):
    results = asked(bundle, **flags)
    decoding = replace(bundle.config.decoding, beam_width=flags.get("beam_width", 3), n_best=held)
    config = replace(bundle.config, decoding=decoding)
    expected = readable(ITEMS, answer(replace(bundle, config=config, memo={}), ITEMS))
    assert captions(results) == captions(expected)
    assert {len(several) for several in captions(results)} == {held}
    # The run itself is as before.
    assert bundle.config.decoding.beam_width == 3


class Export:
    """An exported model that holds the three best of each picture."""

    def __init__(self, bundle):
        self.app = bundle.app
        self.found = answer(bundle, ITEMS)

    def outputs(self, items):
        return self.found


def test_an_exported_model_gives_what_it_holds(bundle):
    export = Export(bundle)
    expected = captions(readable(ITEMS, export.found))
    for n_best in (1, 3, None):
        assert captions(asked(export, n_best=n_best)) == [one[:n_best] for one in expected]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"n_best": 0, "beam_width": -1}, "--n-best of at least 1, received 0; --beam-width of"),
        ({"n_best": 4}, "--n-best of at most the beam width 3, received 4; add --beam-width 4"),
        ({"n_best": 3, "beam_width": 2}, "--n-best of at most the beam width 2"),
    ],
)
def test_impossible_flags_are_refused(bundle, flags, said):
    with pytest.raises(UserError, match=said):
        asked(bundle, **flags)


def test_an_exported_model_is_not_asked_for_another_search(bundle):
    export = Export(bundle)
    with pytest.raises(UserError, match="received --beam-width; ask the run"):
        asked(export, beam_width=2)
    with pytest.raises(UserError, match=r"--n-best of at most 3, .* received 4; ask the run"):
        asked(export, n_best=4)
