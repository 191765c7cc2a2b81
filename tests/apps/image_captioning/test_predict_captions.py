"""The command line of captions: pictures in, sentences out, and where the network looked."""

import json

import pytest
from PIL import Image

from apps.image_captioning.answering.item import example_items
from shared.testing.cli import run_cli


@pytest.fixture
def run(trained_run):
    return trained_run("image_captioning")


@pytest.fixture
def paths(tmp_path):
    items = example_items()[:3]
    paths = [tmp_path / item.name for item in items]
    for item, path in zip(items, paths, strict=True):
        path.write_bytes(item.data)
    return paths


def predict(*arguments):
    return run_cli("image-captioning", "predict", *arguments)


def test_captions_of_files_and_where_it_looked(run, paths, tmp_path):
    picture = tmp_path / "attention.png"
    gone = tmp_path / "gone.jpg"
    said = predict(run, *paths, gone, "--format", "json", "--n-best", 2, "--attention", picture)
    assert said.code == 0, said.err
    *found, lost = map(json.loads, said.out.splitlines())
    assert lost.keys() == {"error"} and "No such file or directory" in lost["error"]
    assert [result["picture"] for result in found] == list(map(str, paths))
    for result in found:
        assert len(result["captions"]) == 2 and result["answer"]
        assert result["answer"] == result["captions"][0]["caption"]
        # A name in brackets is no word.
        assert "[" not in result["answer"]
    with Image.open(picture) as drawn:
        assert drawn.width > 800


def test_a_person_sees_the_n_best(run, paths):
    said = predict(run, paths[0], "--n-best", 2, "--beam-width", 2)
    assert said.code == 0, said.err
    first, *rest = said.out.splitlines()
    assert f"picture: {paths[0]}" in first and len(rest) == 2
    caption = first.split("  ")[0]
    assert rest[0].endswith(f"  {caption}")


def test_what_cannot_be_asked_is_one_sentence(run, paths, tmp_path):
    for flags, hint in (
        (("--n-best", 9), "add --beam-width 9 or more"),
        (("--beam-width", 0), "--beam-width of at least 1, received 0"),
        (("--attention", tmp_path / "a.doc"), "a picture name such as attention.png"),
    ):
        said = predict(run, paths[0], *flags)
        assert said.code == 2 and hint in said.err and not said.out, flags
        assert "Traceback" not in said.err
    none = predict(run, tmp_path / "gone.png", "--attention", tmp_path / "none.png")
    assert none.code == 2 and "received none" in none.err
    assert not (tmp_path / "none.png").exists()
