"""Runs that were interrupted: never taken for finished, and resumed only as what they were."""

import errno
import os
from dataclasses import replace
from pathlib import Path

import pytest
from scaling import APP, INFO, ScaleConfig, Size, manifest_of, put_manifest, trained

from shared import bundle
from shared.bundle import check_empty, load
from shared.config import TrainingConfig
from shared.errors import BundleError, UserError


@pytest.fixture(autouse=True)
def only_scaling(monkeypatch):
    real = bundle.find_app
    monkeypatch.setattr(bundle, "find_app", lambda n: APP if n == "scaling" else real(n))


@pytest.fixture
def run(tmp_path):
    trained(tmp_path / "run")
    return tmp_path / "run"


@pytest.mark.parametrize("fails", [ValueError("x"), KeyboardInterrupt(), OSError(28, "full")])
def test_a_run_that_failed_is_not_taken_for_finished(tmp_path, fails):
    run = tmp_path / "run"
    with pytest.raises(type(fails)):
        trained(run, fails=fails)
    assert manifest_of(run)["state"] == "training"
    with pytest.raises(BundleError) as caught:
        load(run)
    assert f"brickyard scaling train --out {run} --resume" in str(caught.value)
    with pytest.raises(UserError, match="go on with it by --resume"):
        trained(run)
    trained(run, resume=True)
    assert load(run).predict(["0 0 0"])
    assert len(manifest_of(run)["history"]) == 2


def test_a_resumed_run_keeps_its_identity(run):
    before = manifest_of(run)
    trained(run, resume=True)
    after = manifest_of(run)
    assert (after["run"], after["lineage"]) == (before["run"], before["lineage"])
    assert after["history"][:1] == before["history"]
    trained(run.parent / "second")
    assert manifest_of(run.parent / "second")["run"] != before["run"]


LONGER = TrainingConfig(epochs=99, patience=3, checkpoint_seconds=1.0, checkpoint_steps=5)


@pytest.mark.parametrize(
    "change", [{"training": LONGER}, {"data_dir": Path("elsewhere")}, {"download": True}]
)
def test_a_resumed_run_may_go_on_longer_and_save_more_often(run, change):
    config = replace(ScaleConfig(seed=3), **change)
    trained(run, config=config, resume=True)
    assert load(run).config == config


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 4}, "(seed)"),
        ({"data": "other.txt"}, "(data)"),
        ({"size": Size(3)}, "(size.units)"),
        ({"training": TrainingConfig(batch_size=8)}, "(training.batch_size)"),
        ({"training": replace(LONGER, learning_rate=1.0)}, "(training.learning_rate)"),
        ({"seed": 4, "size": Size(3)}, "(seed, size.units)"),
    ],
)
def test_other_settings_are_not_resumed(run, change, named):
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    with pytest.raises(UserError) as caught:
        trained(run, config=replace(ScaleConfig(seed=3), **change), resume=True)
    assert named in str(caught.value)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == before


def test_other_data_is_not_resumed(run):
    parts = [{**INFO["parts"][0], "sha256": "ee" * 32}, INFO["parts"][1]]
    with pytest.raises(UserError, match=r"data of the run .* has changed"):
        trained(run, info={**INFO, "parts": parts}, resume=True)
    assert manifest_of(run)["state"] == "complete"


def test_a_run_of_another_app_is_not_resumed(run):
    put_manifest(run, app="memory_qa")
    with pytest.raises(UserError, match="belongs to memory_qa, not to scaling"):
        trained(run, resume=True)


def test_resuming_where_nothing_was_begun_begins(tmp_path):
    trained(tmp_path / "run", resume=True)
    assert manifest_of(tmp_path / "run")["state"] == "complete"


def test_a_run_killed_while_it_began_can_be_resumed(tmp_path, monkeypatch):
    """A process may die between any two of the first files."""
    written = []
    real = os.replace

    def dies_at(count):
        def replace_or_die(source, target):
            if len(written) == count:
                raise KeyboardInterrupt  # the nearest to a kill that a test survives
            written.append(target)
            real(source, target)

        return replace_or_die

    for count in range(4):
        written.clear()
        run = tmp_path / f"run{count}"
        monkeypatch.setattr(os, "replace", dies_at(count))
        with pytest.raises(KeyboardInterrupt):
            trained(run)
        monkeypatch.setattr(os, "replace", real)
        trained(run, resume=True)
        assert load(run).predict(["1 0 0"]) == [{"scores": [0.5, 1.5]}]


def test_only_an_empty_or_new_folder_is_written_to(tmp_path):
    check_empty(tmp_path / "new")
    check_empty(tmp_path)
    (tmp_path / "file").touch()
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(UserError, match=r"choose another --out\.$"):
            trained(path)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    with pytest.raises(UserError, match="not empty"):
        trained(tmp_path, resume=True)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_full_disk_at_any_write_loses_nothing(tmp_path, monkeypatch):
    """Each write in turn fails; the run is unfinished, holds no half file, and goes on."""
    real, counter = os.fsync, {"left": 0}

    def full(descriptor):
        if counter["left"] == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        counter["left"] -= 1
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    for depth in range(20):
        run = tmp_path / f"run{depth}"
        counter["left"] = depth
        try:
            trained(run)
        except OSError as error:
            assert error.errno == errno.ENOSPC
        else:
            break
        assert not [path for path in run.rglob("*") if path.name.startswith(".")]
        with pytest.raises(BundleError):
            load(run)
        counter["left"] = 1000
        trained(run, resume=True)
        load(run)
    assert 6 <= depth < 19
    load(run)
