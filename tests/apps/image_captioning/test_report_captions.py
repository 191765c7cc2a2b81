"""The command `report` on the built-in scenes, and the training captions that it knows.

Without Java, which `test_caption_scores` has: METEOR takes seconds each time.
"""

import json
from dataclasses import replace

import pytest
from java_here import without_java

from apps.image_captioning.evaluation.known import load_with_training
from shared.bundle import load
from shared.errors import DataError
from shared.testing.cli import run_cli


@pytest.fixture(scope="module")
def run(trained_run):
    return trained_run("image_captioning")


@pytest.fixture(autouse=True)
def no_java(tmp_path, monkeypatch):
    without_java(monkeypatch, tmp_path / "bin")


def report(*arguments):
    return run_cli("image-captioning", "report", *arguments)


def test_a_report_has_the_scores_of_evaluate_and_a_gallery(run, tmp_path):
    page = tmp_path / "report.html"
    said = report(run, "--format", "json", "--gallery", 3, "--html", page)
    assert said.code == 0, said.err
    assert said.err.count("No Java was found") == 1
    found = json.loads(said.out)
    evaluated = run_cli("image-captioning", "evaluate", run, "--format", "json")
    scores = json.loads(evaluated.out)
    assert "without Java" in scores.pop("counted_by")
    assert found["scores"] == pytest.approx(scores) and len(scores) == 6
    cider = [one["scores"]["cider"] for one in found["best"] + found["worst"][::-1]]
    assert len(cider) == 6 and cider == sorted(cider, reverse=True)
    assert 0.0 <= found["diversity"]["novel"] <= 100.0
    html = page.read_text(encoding="utf-8")
    assert html.count("<figure>") == html.count("<img ") == 6
    again = report(run, "--html", page)
    assert again.code == 2 and "Expected a new file for the page" in again.err


def test_a_report_as_text_and_on_another_part(run):
    said = report(run, "--split", "test", "--gallery", 1)
    assert said.code == 0, said.err
    assert "image_captioning on test" in said.out and "50 images; " in said.out
    assert said.out.count("    people  ") == 10
    assert "CIDEr-D" in said.out and "METEOR" not in said.out


def test_what_cannot_be_reported_is_one_sentence(run):
    for flags, hint in (
        (("--gallery", "-1"), "--gallery of at least 0, received -1"),
        (("--split", "train"), "was trained on"),
    ):
        said = report(run, *flags)
        assert said.code == 2 and hint in said.err and not said.out, flags


def test_training_captions_are_those_of_the_run_and_of_no_other_source(run):
    bundle = load(run)
    splits = bundle.app.load_data(bundle.config)
    examples, known = load_with_training(bundle, data=None, split="validation")
    assert list(examples) == list(splits.validation)
    assert known == [text for example in splits.train for text in example.captions]
    # Other scenes under the same name are another source.
    other = replace(bundle, config=replace(bundle.config, seed=bundle.config.seed + 1))
    assert load_with_training(other, data="sample", split="test")[1] is None
    with pytest.raises(DataError, match="was trained on"):
        load_with_training(bundle, data=None, split="train")
    allowed = load_with_training(bundle, data=None, split="train", allow_training_data=True)
    assert len(allowed[0]) == len(splits.train)
