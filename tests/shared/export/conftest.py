"""The export that most tests here look at."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from shared.export.writer import export

from .tiny_app import TinyBundle


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """One good export, for the tests that only read it; its run is gone, as it may be later."""
    folder = tmp_path_factory.mktemp("exported")
    bundle = TinyBundle(folder / "run")
    path = export(bundle, folder / "saved_models")
    (bundle.path / "assets" / "vocabulary.txt").unlink()
    return SimpleNamespace(path=path, bundle=bundle)


@pytest.fixture
def copy(exported: SimpleNamespace, tmp_path: Path) -> Path:
    """The good export in another place, to be damaged."""
    return shutil.copytree(exported.path, tmp_path / "tiny" / "1")
