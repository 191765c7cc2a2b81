"""Published networks that answer untrained: as Keras answers, and what is refused on the way."""

import json
import os
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from apps.image_classification.imagenet import fetch_labels, open_imagenet, read_class_index
from apps.image_classification.sample import example_items
from shared.backbones.build import build_backbone
from shared.backbones.families import find_family
from shared.data.pictures.item import parse_item
from shared.errors import BundleError, ConfigError, DataError, UserError
from shared.images.reading import decode_images
from shared.testing.cli import run_cli

# Keras' own `save_weights` meets a change in numpy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

NAMES = [f"class_{number}" for number in range(1000)]
INDEX = {str(number): [f"n{number:08}", name] for number, name in enumerate(NAMES)}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Weights as Keras saves them, whose answers differ clearly, and a class index."""
    keras.utils.set_random_seed(0)
    folder = tmp_path_factory.mktemp("imagenet")
    network = keras.applications.MobileNetV2(weights=None)
    kernel, bias = network.layers[-1].weights
    random = np.random.default_rng(0)
    kernel.assign(random.normal(size=kernel.shape))
    bias.assign(random.normal(size=bias.shape))
    network.save_weights(folder / "whole.weights.h5")
    (folder / "index.json").write_text(json.dumps(INDEX))
    return folder, network


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture.jpg"
    path.write_bytes(example_items()[2].data)
    return path


def given(folder):
    return {"weights": folder / "whole.weights.h5", "class_index": folder / "index.json"}


def test_the_answers_are_those_of_keras_in_the_form_of_a_run(files, picture):
    folder, network = files
    item = parse_item(picture)
    pixels = decode_images([item], [item.data], size=224)
    scaled = keras.applications.mobilenet_v2.preprocess_input(pixels.copy())
    expected = network.predict_on_batch(scaled)[0]
    best = np.argsort(-expected)[:5]
    found = open_imagenet("mobilenetv2", **given(folder)).outputs([item, item])
    assert {name: one.shape for name, one in found.items()} == {
        "label": (2,), "probability": (2,), "labels": (2, 5), "probabilities": (2, 5)
    }  # fmt: skip
    assert found["labels"][1].tolist() == [NAMES[place].encode() for place in best]
    np.testing.assert_allclose(found["probabilities"][1], expected[best], rtol=1e-3)
    assert found["label"][0] == found["labels"][0, 0]
    assert found["probability"][0] == found["probabilities"][0, 0]


def predict(*flags):
    return run_cli("image-classification", "predict", "--format", "json", *flags)


def test_predict_takes_it_by_name(files, picture, tmp_path):
    flags = ("--weights", files[0] / "whole.weights.h5", "--class-index", files[0] / "index.json")
    plot = tmp_path / "answers.png"
    said = predict("imagenet:MobileNetV2", picture, "gone.jpg", *flags, "--plot", plot)
    assert said.code == 0, said.err
    first, bad = map(json.loads, said.out.splitlines())
    assert first["answer"] == first["classes"][0]["label"] and first["answer"] in NAMES
    assert len(first["classes"]) == 5 and "cannot be read" in bad["error"]
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert "fetches" not in said.err


def test_a_name_of_no_network_gets_the_nearest(picture):
    said = predict("imagenet:MobilNetV2", picture)
    assert said.code == 2 and "Did you mean 'MobileNetV2'" in said.err and not said.out


def test_the_files_are_for_published_networks_alone(files, picture):
    said = predict("runs/flowers", picture, "--class-index", files[0] / "index.json")
    assert said.code == 2 and "only with imagenet:NAME" in said.err


def test_weights_without_the_classifier_are_refused(files, tmp_path):
    path = tmp_path / "top.weights.h5"
    build_backbone("MobileNetV2", size=64).save_weights(path)
    with pytest.raises(BundleError) as caught:
        open_imagenet("MobileNetV2", **{**given(files[0]), "weights": path})
    assert "with its classifier" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "No such file"),
        ("{", "no JSON"),
        (b"\xff\xfe\x00", "no JSON"),
        (json.dumps(NAMES), "another form"),
        (json.dumps(dict.fromkeys(INDEX, "tench")), "another form"),
        (json.dumps({**INDEX, "7": ["n0", 7]}), "another form"),
        (json.dumps({key: INDEX[key] for key in list(INDEX)[:999]}), "received 999;"),
        (json.dumps({**INDEX, "1000": ["n0", "x"]}), "received 1001;"),
        (json.dumps({f"0{key}": one for key, one in INDEX.items()}), "with other numbers"),
    ],
)
def test_a_class_index_that_is_none_is_one_sentence(tmp_path, content, said):
    path = tmp_path / "index.json"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError) as caught:
        read_class_index(path)
    assert said in str(caught.value) and "\n" not in str(caught.value)
    assert len(str(caught.value)) < 300


def test_the_network_is_looked_up_before_its_files():
    with pytest.raises(ConfigError):
        open_imagenet("nothing", weights=Path("gone"), class_index=Path("gone"))


def test_what_is_fetched_is_said_and_kept_apart_from_results(monkeypatch, capsys):
    def decode(found, top):
        print("Downloading data")
        assert top == 1 and found.shape == (1000, 1000)
        return [[("n0", NAMES[row.argmax()], 1.0)] for row in found]

    monkeypatch.setattr("keras.applications.imagenet_utils.decode_predictions", decode)
    assert fetch_labels() == NAMES
    said = capsys.readouterr()
    assert not said.out
    assert "Keras fetches the names" in said.err and "Downloading data" in said.err


def offline(*args, **kwargs):
    print("Downloading data")
    raise Exception("URL fetch failure on a place: None -- Name or service not known\nand more")


def test_what_cannot_be_fetched_is_one_sentence(files, monkeypatch, capsys):
    monkeypatch.setattr("keras.applications.imagenet_utils.decode_predictions", offline)
    with pytest.raises(UserError, match="go online once, or give --class-index FILE") as caught:
        open_imagenet("MobileNetV2", weights=files[0] / "whole.weights.h5")
    assert "URL fetch failure" in str(caught.value) and "\n" not in str(caught.value)
    family = find_family("MobileNetV2")

    def constructor(**options):
        return (offline if options["weights"] else family.constructor)(**options)

    monkeypatch.setattr(
        "shared.backbones.build.find_family",
        lambda name: replace(family, constructor=constructor),
    )
    with pytest.raises(UserError, match=r"go online once, or give a \.weights\.h5 file") as caught:
        open_imagenet("MobileNetV2", class_index=files[0] / "index.json")
    assert "\n" not in str(caught.value)
    said = capsys.readouterr()
    assert not said.out and "Keras fetches the ImageNet weights of MobileNetV2" in said.err


@pytest.mark.data
def test_daisies_are_daisies():
    data = Path(os.environ["BRICKYARD_DATA"])
    network = open_imagenet(
        "MobileNetV2",
        weights=data / "weights" / "mobilenet_v2_1.0_224.weights.h5",
        class_index=data / "weights" / "imagenet_class_index.json",
    )
    pictures = sorted((data / "flowers").glob("**/daisy/*.jpg"))[:16]
    labels = network.outputs([parse_item(path) for path in pictures])["label"]
    assert len(pictures) == 16 and np.mean(labels == b"daisy") > 0.6
