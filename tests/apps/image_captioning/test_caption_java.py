"""Finding a Java that runs, and programs of it that do not do what they should."""

import pytest
from java_here import program, without_java

from apps.image_captioning.evaluation import java as module
from apps.image_captioning.evaluation import meteor
from apps.image_captioning.evaluation.java import find_java
from apps.image_captioning.evaluation.meteor import meteor_scores
from apps.image_captioning.evaluation.ptb_tokens import ptb_tokens
from shared.errors import MissingPackageError, OperationError

WORKS, FAILS = "exit 0", "echo no runtime present >&2; exit 1"


def test_the_named_java_comes_first_then_that_on_the_path(tmp_path, monkeypatch):
    without_java(monkeypatch, tmp_path / "bin")
    assert find_java() is None
    on_path = program(tmp_path / "bin" / "java", WORKS)
    assert find_java() == on_path
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "home"))
    assert find_java() == on_path  # nothing is there
    named = program(tmp_path / "home" / "bin" / "java", WORKS)
    module._runs.cache_clear()
    assert find_java() == named


def test_a_java_that_does_not_run_is_passed_over(tmp_path, monkeypatch):
    without_java(monkeypatch, tmp_path / "bin")
    program(tmp_path / "bin" / "java", FAILS)
    assert find_java() is None
    packaged = program(tmp_path / "package" / "java", WORKS)
    monkeypatch.setattr(module, "_packaged", lambda: [packaged])
    assert find_java() == packaged


def test_the_package_is_used_where_it_is_installed(monkeypatch):
    assert [java.name for java in module._packaged()] == ["java"]

    def absent(name, *, extra):
        raise MissingPackageError(name)

    monkeypatch.setattr(module, "import_extra", absent)
    assert module._packaged() == []


@pytest.mark.parametrize(
    ("script", "hint"),
    [
        ("echo out of memory >&2; exit 1", "out of memory"),
        ("exit 0", "it said nothing"),
        ("head -n 1 > /dev/null; echo one line; echo and another", "it said nothing"),
        ("head -n 1; echo stopped in the midst >&2", "stopped in the midst"),
    ],
)
def test_a_program_without_its_answers_is_a_failure(tmp_path, script, hint):
    java = program(tmp_path / "java", script)
    for score in (
        lambda: ptb_tokens(["a dog", "a cat", "a cow"], java=java),
        lambda: meteor_scores(["a dog", "a cat"], [["a dog"], ["a cat"]], java=java),
    ):
        with pytest.raises(OperationError, match=hint):
            score()


def test_a_program_that_never_answers_is_ended(tmp_path, monkeypatch):
    java = program(tmp_path / "java", "exec sleep 600")
    monkeypatch.setattr(meteor, "TIMEOUT_SECONDS", 0.2)
    with pytest.raises(OperationError, match="METEOR ended"):
        meteor_scores(["a dog"], [["a dog"]], java=java)
    monkeypatch.setattr("apps.image_captioning.evaluation.ptb_tokens.TIMEOUT_SECONDS", 0.2)
    with pytest.raises(OperationError, match="not ready in time"):
        ptb_tokens(["a dog"], java=java)
