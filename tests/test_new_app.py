"""docs/adding_an_app.md works as printed: its eight files make an app that keeps the contract."""

import ast
import re
import sys
from pathlib import Path

import pytest

import apps
from shared.app import discover
from shared.bundle import load
from shared.testing import check_app
from shared.testing.cli import run_cli

PAGE = Path(__file__).parents[1] / "docs" / "adding_an_app.md"
EIGHT = {
    *("__init__.py", "__main__.py", "app.py", "config.py", "data.py", "model.py", "serving.py"),
    "README.md",
}
GOOD = "CLOSE EVERY WINDOW!"


def printed_files() -> dict[str, str]:
    """Returns {path: text} of the blocks that name a file."""
    blocks = re.findall(r"^```\w+ (apps/\S+)\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    return dict(blocks)


@pytest.fixture(scope="module")
def tone(tmp_path_factory):
    """The app of the page, discovered in a folder of its own."""
    folder = tmp_path_factory.mktemp("more_apps")
    for name, text in printed_files().items():
        path = folder / Path(name).relative_to("apps")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    apps.__path__.append(str(folder))
    try:
        yield discover().apps["tone"]
    finally:
        apps.__path__.remove(str(folder))
        for name in [name for name in sys.modules if name.startswith("apps.tone")]:
            del sys.modules[name]


@pytest.fixture(scope="module")
def bundle(tone, tmp_path_factory):
    run = tmp_path_factory.mktemp("runs") / "tone"
    said = run_cli("tone", "train", "--preset", "smoke", "--out", run)
    assert said.code == 0, said.err
    return load(run)


@pytest.fixture(scope="module")
def model(bundle, tmp_path_factory):
    to = tmp_path_factory.mktemp("saved_models")
    said = run_cli("tone", "export", bundle.path, "--to", to)
    assert said.code == 0, said.err
    return to / "tone"


def test_the_page_prints_the_eight_files_and_no_other():
    files = printed_files()
    assert {Path(name).name for name in files} == EIGHT
    assert {Path(name).parent.name for name in files} == {"tone"}
    for name, text in files.items():
        if name.endswith(".py"):
            ast.parse(text, name)
            assert max(map(len, text.splitlines()), default=0) <= 100


def test_the_new_app_is_listed_beside_the_others(tone):
    said = run_cli("list")
    assert "tone  " in said.out and "memory-qa  " in said.out and "broken" not in said.out
    assert "tone" in run_cli("--help").out


def test_it_learns_its_sample(tone, bundle):
    assert bundle.manifest["scores"]["error_percent"] < 10
    loud, calm = bundle.predict(["BRING THE LADDER!", "bring the ladder."])
    assert (loud["answer"], calm["answer"]) == ("loud", "calm")


def test_it_reads_the_users_own_labels(tone, tmp_path):
    lines = [f"question\twho is {n}?" for n in range(40)] + [
        f"order\tgo to {n}!" for n in range(40)
    ]
    (tmp_path / "mine.tsv").write_text("\n".join(lines))
    train = ("tone", "train", "--data", tmp_path / "mine.tsv", "--out", tmp_path / "run")
    assert run_cli(*train, "--training.epochs", 2).code == 0
    assert load(tmp_path / "run").preprocessing.labels == ("order", "question")
    (tmp_path / "mine.tsv").write_text("\n".join([*lines, "no tab", "order\t"]))
    said = run_cli(*train[:-1], tmp_path / "again")
    check_app.expect_refused(said, about="two bad lines")
    assert "line 81" in said.err and "line 82" in said.err


def test_config_and_sample(tone):
    check_app.check_config(tone)
    check_app.check_sample(tone)


def test_bundle(tone, bundle):
    check_app.check_bundle(tone, bundle)


def test_saved_model(tone, bundle, model):
    check_app.check_saved_model(tone, bundle, model)


def test_bad_input(tone, bundle, model, tmp_path):
    for name in ("sources", "bundles", "commands"):
        (tmp_path / name).mkdir()
    check_app.check_bad_items(tone, bundle, GOOD)
    check_app.check_bad_sources(tone, tmp_path / "sources")
    check_app.check_bad_bundles(tone, bundle, model, tmp_path / "bundles")
    check_app.check_bad_commands(tone, bundle, tmp_path / "commands")


def test_the_models_of_two_apps_are_not_confused(tone, model, demo_bundle):
    said = run_cli("memory-qa", "predict", model, "Mary is here. Where is Mary?")
    check_app.expect_refused(said, about="a SavedModel of another app")
    assert "belongs to tone" in said.err
    said = run_cli("tone", "predict", demo_bundle.path, "x")
    check_app.expect_refused(said, about="a run of another app")
    assert "brickyard memory-qa predict" in said.err
