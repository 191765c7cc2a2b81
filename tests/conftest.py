"""What all tests share: a quiet environment, and one trained and exported run of each app."""

import os
from collections.abc import Callable
from pathlib import Path

# Before anything imports TensorFlow, whose start-up notes would bury a failure.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# A training step crashed natively twice in about a thousand processes, once in code made at run
# time, as oneDNN makes it. The tests need none of its speed.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")

import pytest

from shared.testing.cli import run_cli


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips, with a reason that is shown, what needs data that is not in the repository."""
    if os.environ.get("BRICKYARD_DATA"):
        return
    absent = pytest.mark.skip(reason="needs real data; set BRICKYARD_DATA to its folder")
    for item in items:
        if item.get_closest_marker("data"):
            item.add_marker(absent)


@pytest.fixture(scope="session")
def trained_run(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Gives the run folder of an app, trained once with its smoke preset."""
    runs: dict[str, Path] = {}

    def run_of(app: str) -> Path:
        if app not in runs:
            run = tmp_path_factory.mktemp("runs") / app
            said = run_cli(app.replace("_", "-"), "train", "--preset", "smoke", "--out", run)
            assert said.code == 0, said.err
            runs[app] = run
        return runs[app]

    return run_of


@pytest.fixture(scope="session")
def exported_model(
    trained_run: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Path]:
    """Gives the folder of an app's SavedModel versions, exported once."""
    models: dict[str, Path] = {}

    def model_of(app: str) -> Path:
        if app not in models:
            to = tmp_path_factory.mktemp("saved_models")
            said = run_cli(app.replace("_", "-"), "export", trained_run(app), "--to", to)
            assert said.code == 0, said.err
            models[app] = to / app
        return models[app]

    return model_of


@pytest.fixture(scope="session")
def demo_bundle(trained_run: Callable[[str], Path]):
    """A trained run of memory_qa, loaded. Tests must not write into its folder."""
    from shared.bundle import load

    return load(trained_run("memory_qa"))


@pytest.fixture(scope="session")
def demo_model(exported_model: Callable[[str], Path]) -> Path:
    """The folder of the SavedModel versions exported from `demo_bundle`."""
    return exported_model("memory_qa")
