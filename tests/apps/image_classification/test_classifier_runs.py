"""Probe and fine-tuning of a small backbone: what moves, what is kept, and every command on it."""

import json
from dataclasses import replace
from itertools import product

import keras
import numpy as np
import pytest

from apps.image_classification.app import ImageClassification
from apps.image_classification.config import PRESETS, ModelConfig, PicturesConfig
from apps.image_classification.fine_tuning import rate_factors, unfreeze_top
from apps.image_classification.model import backbone_of, build_classifier, probe_of
from apps.image_classification.sample import draw
from shared.backbones.build import build_backbone, set_weights
from shared.bundle import BEST_WEIGHTS, load
from shared.testing.cli import run_cli
from shared.training.weights import named_weights, restore_weights

# Keras' own `save_weights` meets a change in numpy.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

SIZE = 32
LAST = "weights/last.npz"
KEPT = ("disc", "checks", "gradient")


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A file of "pretrained" weights, as Keras writes it."""
    keras.utils.set_random_seed(3)
    path = tmp_path_factory.mktemp("weights") / "mobilenet.weights.h5"
    network = build_backbone("MobileNetV2", size=SIZE)
    random = np.random.default_rng(0)
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            # Statistics of no batch, so that one that moves is seen.
            layer.moving_mean.assign(random.normal(0, 0.1, layer.moving_mean.shape))
    network.save_weights(path)
    return path


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for example in draw(0, 12, SIZE):
        if example.label in KEPT:
            path = folder / example.label / f"{example.name}.png"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(example.read())
    return folder


@pytest.fixture(scope="module")
def flags(pictures, weights, tmp_path_factory):
    return (
        *("--data", pictures, "--model.weights", weights, "--pictures.size", SIZE),
        *("--pictures.validation-fraction", "0.25", "--training.batch-size", "8"),
        *("--features", tmp_path_factory.mktemp("features"), "--probe.epochs", "3"),
    )


def train(out, *flags):
    said = run_cli("image-classification", "train", "--out", out, *flags)
    assert said.code == 0, said.err
    return said


@pytest.fixture(scope="module")
def probe(flags, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "probe"
    train(out, *flags)
    return out


def weights_of(run, file=BEST_WEIGHTS):
    model = load(run).model
    restore_weights(model, run / file)
    return {name: np.asarray(one) for name, one in named_weights(model).items()}


def backbone_weights(run, *, statistics, file=BEST_WEIGHTS):
    return {
        name: value
        for name, value in weights_of(run, file).items()
        if not name.startswith(("head", "temperature")) and ("moving" in name) == statistics
    }


def test_a_probe_moves_the_head_alone(probe, weights):
    fresh = build_classifier(ModelConfig("MobileNetV2"), classes=3, size=SIZE)
    set_weights(backbone_of(fresh), "MobileNetV2", str(weights))
    trained, names = weights_of(probe), named_weights(fresh)
    assert trained.keys() == names.keys()
    for name, value in names.items():
        moved = not np.array_equal(trained[name], np.asarray(value))
        assert moved == name.startswith(("head", "temperature")), name
    rows = [json.loads(line) for line in (probe / "metrics.jsonl").read_text().splitlines()]
    assert [row["stage"] for row in rows] == ["probe"] * 3


def test_features_are_computed_once(probe, flags, tmp_path, monkeypatch):
    monkeypatch.setattr("shared.images.features._compute", None)
    train(tmp_path / "again", *flags)
    first = weights_of(probe)
    for name, value in weights_of(tmp_path / "again").items():
        np.testing.assert_array_equal(value, first[name])


def test_fine_tuning_goes_on_from_the_probe_and_keeps_its_statistics(probe, flags, tmp_path):
    out = tmp_path / "tuned"
    train(out, *flags, "--recipe", "fine_tune", "--training.epochs", "2", "--class-weights")
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [row["stage"] for row in rows] == ["probe"] * 3 + ["fine_tune"] * 2
    before = backbone_weights(probe, statistics=True)
    for name, value in backbone_weights(out, statistics=True, file=LAST).items():
        np.testing.assert_array_equal(value, before[name], err_msg=name)
    before = backbone_weights(probe, statistics=False)
    # The best ones are still those of the probe, where two epochs do no better.
    after = backbone_weights(out, statistics=False, file=LAST)
    moved = [name for name in after if not np.array_equal(after[name], before[name])]
    # All convolutions; of each BatchNormalization the scale and shift are frozen too.
    assert moved and all("kernel" in name for name in moved)


def test_rates_fall_from_the_head_down():
    config = replace(PRESETS["fine_tune"].fine_tune, layer_decay=0.5)
    model = build_classifier(ModelConfig("MobileNetV2"), classes=3, size=SIZE)
    factors = rate_factors(model, config)
    assert model.get_layer("head").kernel.path not in factors
    layers = [layer for layer in backbone_of(model).layers if layer.variables]
    rates = [factors[layer.variables[0].path] for layer in layers]
    assert rates == sorted(rates) and rates[-1] == 0.1 and rates[0] == 0.1 * 0.5**9
    unfreeze_top(model, replace(config, layers=4))
    trained = {variable.path for variable in model.trainable_variables}
    assert model.get_layer("head").kernel.path in trained
    below = {v.path for layer in layers[:-4] for v in layer.variables}
    assert not trained & below and 1 < len(trained) <= 4


def test_the_probe_is_the_head_of_the_network():
    model = build_classifier(ModelConfig("MobileNetV2"), classes=3, size=SIZE)
    images = np.random.default_rng(0).uniform(0, 255, (2, SIZE, SIZE, 3)).astype("float32")
    features = keras.ops.mean(backbone_of(model)(images), axis=(1, 2))
    np.testing.assert_allclose(probe_of(model)(features), model(images), atol=1e-5)


def test_few_shots_are_trained_on(flags, tmp_path):
    out = tmp_path / "few"
    train(out, *flags, "--pictures.per-class", "2")
    row = json.loads((out / "metrics.jsonl").read_text().splitlines()[-1])
    assert row["step"] == 3  # six pictures are one batch of 64 in each of three epochs


def test_weights_of_another_network_are_refused_before_anything_is_written(flags, tmp_path):
    said = run_cli(
        *("image-classification", "train", "--out", tmp_path / "run", *flags),
        *("--model.backbone", "MobileNet"),
    )
    assert said.code == 2 and "those of another network" in said.err
    assert not (tmp_path / "run").exists()


def test_predict_answers_the_good_among_the_bad(probe, pictures, tmp_path):
    good = pictures / "disc" / "disc 0.png"
    (tmp_path / "text.jpg").write_text("hello")
    said = run_cli(
        "image-classification",
        "predict",
        probe,
        "--format",
        "json",
        good,
        tmp_path / "text.jpg",
        good,
    )
    assert said.code == 0
    first, bad, last = map(json.loads, said.out.splitlines())
    assert first == last and first["answer"] in KEPT and first["picture"] == str(good)
    assert first["classes"][0]["label"] == first["answer"]
    assert sum(one["probability"] for one in first["classes"]) == pytest.approx(1, abs=1e-5)
    assert "no JPEG" in bad["error"]


def test_a_report_is_printed_and_written_once(probe, tmp_path):
    page = tmp_path / "report.html"
    argv = ("image-classification", "report", probe, "--format", "json", "--html", page)
    said = run_cli(*argv)
    assert said.code == 0, said.err
    assert "accuracy_percent" in said.out and "<img" in page.read_text()
    again = run_cli(*argv)
    assert again.code == 2 and "Expected a new file" in again.err


def test_a_class_that_was_not_trained_is_named(probe, pictures, tmp_path):
    picture = (pictures / "checks" / "checks 1.png").read_bytes()
    for label, name in product(("dics", "checks"), "ab"):
        path = tmp_path / "other" / label / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture + f"{label}{name}".encode())
    said = run_cli(
        *("image-classification", "evaluate", probe, "--data", tmp_path / "other"),
        *("--split", "train"),
    )
    assert said.code == 2 and "Did you mean 'disc'" in said.err


def test_litert_computes_the_same(probe, tmp_path):
    pytest.importorskip("ai_edge_litert")
    said = run_cli("image-classification", "export", probe, "--format", "litert", "--to", tmp_path)
    assert said.code == 0, said.err
    folder = tmp_path / "image_classification-litert"
    scores = json.loads((folder / "scores.json").read_text())
    assert scores["run"] == scores["float32"] and scores["pictures"] == 9
    assert json.loads((folder / "labels.json").read_text()) == sorted(KEPT)


def test_the_app_offers_its_size_and_presets():
    app = ImageClassification()
    config = replace(PRESETS["smoke"], pictures=PicturesConfig(size=40))
    classes = app.fit_preprocessing(config, draw(0, 1, 16))
    assert app.build_model(config, classes).input_shape == (None, 40, 40, 3)
