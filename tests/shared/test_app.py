"""Finding apps: folders decide, and a broken one does not hide the others."""

import sys
import textwrap

import pytest

import apps
from shared.app import App, Splits, discover, find_app
from shared.errors import UserError
from shared.testing.cli import run_cli

GOOD = """
    from shared.app import App
    from shared.config import AppConfig


    class Found(App):
        name = "{name}"
        summary = "an app of a test"
        item_help = "anything"
        config_class = AppConfig
        presets = {{"base": AppConfig(), "smoke": AppConfig()}}


    Found.__abstractmethods__ = frozenset()
"""
BROKEN = {
    "no_module": None,
    "no_class": "x = 1\n",
    "two_classes": GOOD.format(name="two_classes")
    + "\n\n    class Other(Found):\n        name = 'x'\n",
    "other_name": GOOD.format(name="wrong"),
    "syntax": "def (\n",
    "raising": "raise ZeroDivisionError('at import')\n",
    "needs_more": "import no_such_dependency\n",
    "abstract": GOOD.format(name="abstract").replace("Found.__abstractmethods__ = frozenset()", ""),
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder in which a test may put apps; they are forgotten afterwards."""
    monkeypatch.setattr(apps, "__path__", [*apps.__path__, str(tmp_path)])
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.startswith("apps."):
            del sys.modules[name]
            delattr(apps, name.split(".")[1]) if name.count(".") == 1 else None


def put_app(folder, name, source):
    (folder / name).mkdir()
    (folder / name / "__init__.py").touch()
    if source is not None:
        (folder / name / "app.py").write_text(textwrap.dedent(source))


def test_an_app_is_found_by_its_folder(folder):
    put_app(folder, "found_here", GOOD.format(name="found_here"))
    found = discover()
    assert isinstance(found.apps["found_here"], App)
    assert {"found_here", "memory_qa"} <= set(found.apps)
    assert found.broken == {}
    assert find_app("found-here").name == find_app("found_here").name == "found_here"


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_app_is_shown_with_its_error_and_hides_no_other(folder, name):
    put_app(folder, name, BROKEN[name])
    found = discover()
    assert set(found.broken) == {name}
    assert "memory_qa" in found.apps
    said = run_cli("list")
    assert said.code == 0
    assert f"{name.replace('_', '-'):<22} broken: " in said.out
    assert "memory-qa " in said.out
    used = run_cli(name, "train")
    assert used.code == 2 and "Traceback" not in used.err and used.err.startswith("error: ")


def test_the_error_of_a_broken_app_says_what_is_wrong(folder):
    put_app(folder, "raising", BROKEN["raising"])
    put_app(folder, "other_name", BROKEN["other_name"])
    assert discover().broken == {
        "raising": "ZeroDivisionError: at import",
        "other_name": "UserError: Expected the name 'other_name' in apps/other_name/app.py, "
        "got 'wrong'.",
    }


def test_an_unknown_app_gets_the_nearest_name():
    with pytest.raises(UserError, match="Did you mean 'memory-qa'"):
        find_app("memroy-qa")


def test_a_plain_file_beside_the_apps_is_none(folder):
    (folder / "notes.py").write_text("raise ZeroDivisionError\n")
    assert "notes" not in discover().broken


def test_splits_by_name():
    splits = Splits([1], [2], [], {"source": "mine.txt"})
    assert splits["train"] == [1] and splits["validation"] == [2]
    with pytest.raises(UserError, match=r"'mine.txt' has no test split; it has: train, validation"):
        splits["test"]
    with pytest.raises(UserError, match="Did you mean 'validation'"):
        splits["validaton"]
    with pytest.raises(UserError, match="it has: nothing"):
        Splits([], [], [], {})["train"]


def test_an_app_without_picture_says_so(tmp_path):
    class Plain(App):
        name = "plain"

    Plain.__abstractmethods__ = frozenset()
    with pytest.raises(UserError, match="leave out --plot"):
        Plain().plot([], tmp_path / "a.png")
    assert list(Plain().converse(["a", "b"])) == ["a", "b"]
    assert Plain().verbs() == {}
