"""Each check of the harness is seen to fail: an app with one thing wrong does not pass it."""

import dataclasses
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from apps.memory_qa.app import MemoryQA
from apps.memory_qa.config import PRESETS, MemoryQAConfig
from shared import cli
from shared.app import Splits
from shared.config import AppConfig
from shared.errors import DataError
from shared.testing import check_app
from shared.testing.check_app import CheckFailed

GOOD = "Mary went to the kitchen. Where is Mary?"


def broken(**overrides):
    """An instance of memory_qa with some of its methods or attributes replaced."""
    return type("Broken", (MemoryQA,), overrides)()


def with_app(bundle, app):
    return dataclasses.replace(bundle, app=app)


def test_presets_that_are_missing():
    app = broken(presets={"base": MemoryQAConfig()})
    with pytest.raises(CheckFailed, match="needs the presets smoke and base"):
        check_app.check_config(app)


def test_a_preset_that_changes_when_written_and_read():
    @dataclass(frozen=True)
    class Forgetful(AppConfig):
        places: tuple[str, ...] = ()

    # A list is read back as the tuple that the field says it is.
    presets = {"base": Forgetful(), "smoke": Forgetful(places=["a"])}
    with pytest.raises(CheckFailed, match="preset smoke of memory_qa changes"):
        check_app.check_config(broken(config_class=Forgetful, presets=presets))


def sample_of(train, validation, parts=()):
    part = {"name": "x", "split": "train", "sha256": "0", "examples": 1}
    info = {"source": "sample", "parts": list(parts) or [part]}
    return PRESETS["smoke"], Splits(train, validation, [], info)


@pytest.mark.parametrize(
    ("sample", "wrong"),
    [
        (lambda app: sample_of(["a"], [np.random.default_rng().random()]), "differs between two"),
        (lambda app: sample_of(["a"], []), "needs training and validation examples"),
        (lambda app: sample_of(["a", "b"], ["b", "c"]), "1 examples are in training and valid"),
        (lambda app: sample_of(["a"], ["b"], [{"name": "x", "split": "train"}]), "sha256"),
    ],
)
def test_a_sample_that_is_none(sample, wrong):
    with pytest.raises(CheckFailed, match=wrong):
        check_app.check_sample(broken(sample=sample))


def infer_with(change):
    def infer(self, bundle, items):
        outputs = dict(MemoryQA.infer(self, bundle, items))
        change(outputs, items)
        return outputs

    return infer


def _leak(outputs, items):
    outputs["probability"] = outputs["probability"] * np.float32(1 - 0.1 * (len(items) > 1))


def _random(outputs, items):
    outputs["probability"] = np.random.default_rng().random(len(items), dtype=np.float32)


def _short(outputs, items):
    outputs["probability"] = outputs["probability"][:-1]


@pytest.mark.parametrize(
    ("overrides", "wrong"),
    [
        ({"infer": infer_with(_leak)}, "otherwise than its items one by one"),
        ({"infer": infer_with(_random)}, "probability differs after loading again"),
        ({"infer": infer_with(_short)}, "probability needs one row an item"),
        ({"evaluate": lambda self, bundle, examples: {"error": float("nan")}}, "finite numbers"),
        ({"evaluate": lambda self, bundle, examples: {}}, "finite numbers"),
        ({"examples": lambda self, bundle: []}, "five items or more"),
    ],
)
def test_a_bundle_that_answers_otherwise(demo_bundle, monkeypatch, overrides, wrong):
    app = broken(**overrides)
    monkeypatch.setattr("shared.bundle.find_app", lambda name: app)
    with pytest.raises(CheckFailed, match=wrong):
        check_app.check_bundle(app, with_app(demo_bundle, app))


def _shifted(outputs, items):
    outputs["probability"] = outputs["probability"] * np.float32(0.99)


def _renamed(outputs, items):
    outputs["certainty"] = outputs.pop("probability")


@pytest.mark.parametrize(
    ("change", "wrong"),
    [(_shifted, "served output probability differs"), (_renamed, "infer gives .*certainty")],
)
def test_a_saved_model_that_answers_otherwise(demo_bundle, demo_model, change, wrong):
    app = broken(infer=infer_with(change))
    with pytest.raises(CheckFailed, match=wrong):
        check_app.check_saved_model(app, with_app(demo_bundle, app), demo_model)


def test_a_bad_item_that_is_a_traceback(demo_bundle):
    def parse(self, raw):
        return MemoryQA.parse(self, raw.encode("ascii") if isinstance(raw, str) else raw)

    with pytest.raises(UnicodeEncodeError):
        check_app.check_bad_items(broken(parse=parse), demo_bundle, GOOD)


def test_a_bad_item_told_in_many_words(demo_bundle):
    def parse(self, raw):
        if raw != GOOD:
            raise DataError("Wrong.\nVery wrong.")
        return MemoryQA.parse(self, raw)

    with pytest.raises(CheckFailed, match="not one sentence"):
        check_app.check_bad_items(broken(parse=parse), demo_bundle, GOOD)


def test_a_good_item_that_is_refused(demo_bundle):
    def parse(self, raw):
        raise DataError("No.")

    with pytest.raises(CheckFailed, match="good input was refused"):
        check_app.check_bad_items(broken(parse=parse), demo_bundle, GOOD)


def test_a_bad_item_that_costs_its_neighbour_the_answer(demo_bundle):
    def results(self, items, outputs):
        answers = MemoryQA.results(self, items, outputs)
        return [{**answer, "batch": len(items)} for answer in answers]

    with pytest.raises(CheckFailed, match="changed the answer of its neighbour"):
        check_app.check_bad_items(broken(results=results), demo_bundle, GOOD)


def _trains_on_anything(self, config, run_dir, *, resume=False):
    run_dir.mkdir()
    raise DataError("Expected something else.")


def _pretends_to_train(self, config, run_dir, *, resume=False):
    return SimpleNamespace(manifest={"scores": {}})


@pytest.mark.parametrize(
    ("train", "wrong"),
    [
        (_trains_on_anything, "never-written behind"),
        (_pretends_to_train, "a missing file: expected exit code 2"),
    ],
)
def test_bad_data_that_is_not_refused(tmp_path, monkeypatch, train, wrong):
    app = broken(train=train)
    monkeypatch.setattr(cli, "find_app", lambda name: app)
    with pytest.raises(CheckFailed, match=wrong):
        check_app.check_bad_sources(app, tmp_path)


def test_a_bad_bundle_that_is_taken(demo_bundle, demo_model, tmp_path, monkeypatch):
    app = broken(load_data=lambda self, config: sample_of(["a"], ["b"])[1])
    app.evaluate = lambda bundle, examples: {"error": 0.0}
    monkeypatch.setattr(cli, "find_app", lambda name: app)
    monkeypatch.setattr("shared.bundle.load_of", lambda app, path: demo_bundle)
    with pytest.raises(CheckFailed, match="evaluate of another format: expected exit code 2"):
        check_app.check_bad_bundles(app, demo_bundle, demo_model, tmp_path)


def test_a_misspelt_verb_without_a_hint(demo_bundle, tmp_path, monkeypatch):
    monkeypatch.setattr(cli, "nearest", lambda name, known: "")
    with pytest.raises(CheckFailed, match="a misspelt verb: 'train' is not named"):
        check_app.check_bad_commands(MemoryQA(), demo_bundle, tmp_path)


def test_a_refusal_with_a_traceback_or_a_result():
    said = check_app.Said(2, "", "Traceback (most recent call last):\n ...")
    with pytest.raises(CheckFailed, match="a traceback was shown"):
        check_app.expect_refused(said, about="x")
    with pytest.raises(CheckFailed, match="nothing was said"):
        check_app.expect_refused(check_app.Said(2, "", "\n"), about="x")
    with pytest.raises(CheckFailed, match="printed as a result"):
        check_app.expect_refused(check_app.Said(2, "42", "error: x"), about="x")
    check_app.expect_refused(check_app.Said(2, "", "error: x"), about="x")
