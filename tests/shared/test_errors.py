"""The three kinds of errors, the nearest name, and optional packages."""

import sys

import pytest

from shared.errors import (
    BundleError,
    ConfigError,
    DataError,
    MissingPackageError,
    OperationError,
    UserError,
    import_extra,
    nearest,
)


@pytest.mark.parametrize("kind", [DataError, ConfigError, BundleError, MissingPackageError])
def test_the_users_mistakes_are_told_from_failures(kind):
    assert issubclass(kind, UserError)
    assert not issubclass(kind, OperationError)
    assert not issubclass(OperationError, UserError)


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("epohcs", ["batch", "epochs", "patience"], " Did you mean 'epochs'?"),
        ("zzz", ["base", "smoke"], " Known: base, smoke."),
        ("zzz", [], ""),
        ("", ["base"], " Known: base."),
    ],
)
def test_nearest(name, known, hint):
    assert nearest(name, known) == hint
    assert nearest(name, reversed(known)) == hint


def test_import_extra_returns_the_module():
    assert import_extra("json.decoder", extra="all") is sys.modules["json.decoder"]


def test_a_missing_package_names_the_extra():
    with pytest.raises(MissingPackageError) as caught:
        import_extra("no_such_package.part", extra="jax")
    assert "'no_such_package'" in str(caught.value)
    assert "pip install 'brickyard[jax]'" in str(caught.value)


def test_a_package_blocked_by_none_in_sys_modules_counts_as_missing(monkeypatch):
    monkeypatch.setitem(sys.modules, "blocked_package", None)
    with pytest.raises(MissingPackageError, match=r"brickyard\[all\]"):
        import_extra("blocked_package", extra="all")


def test_a_package_that_lacks_another_one_is_not_called_missing(tmp_path, monkeypatch):
    (tmp_path / "needs_more.py").write_text("import no_such_dependency\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="no_such_dependency"):
        import_extra("needs_more", extra="jax")
