"""Run folders: what they hold, digests, and strict loading."""

import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from scaling import APP, INFO, Scale, ScaleConfig, Scaling, manifest_of, put_manifest, trained

from shared import bundle
from shared.bundle import load, read_config, saved_model_dir
from shared.errors import BundleError, UserError
from shared.files import read_arrays, sha256, write_arrays
from shared.predict import open_answerer


@pytest.fixture(autouse=True)
def only_scaling(monkeypatch):
    real = bundle.find_app
    monkeypatch.setattr(bundle, "find_app", lambda n: APP if n == "scaling" else real(n))


@pytest.fixture
def run(tmp_path):
    trained(tmp_path / "run")
    return tmp_path / "run"


def test_a_finished_run_loads_with_its_weights_and_preprocessing(run):
    loaded = load(str(run))
    assert loaded.config == ScaleConfig(seed=3) == read_config(run)
    assert loaded.preprocessing == Scale("2")
    answers = loaded.predict(["1 0 0", "0 1 1"])
    assert answers == [{"scores": [0.5, 1.5]}, {"scores": [12.5, 15.5]}]
    assert loaded.evaluate([1, 2, 3]) == {"count": 3.0}
    assert loaded.path == run


def test_the_manifest_tells_where_the_run_comes_from(run):
    manifest = manifest_of(run)
    assert manifest["format"] == 1
    assert (manifest["app"], manifest["state"], manifest["seed"]) == ("scaling", "complete", 3)
    assert manifest["data"] == INFO
    assert manifest["scores"] == {"error_percent": 12.5}
    assert manifest["run"] == manifest["lineage"] and len(manifest["run"]) == 32
    (step,) = manifest["history"]
    assert step["started"] <= step["finished"]
    assert step["packages"]["keras"] == keras.__version__
    assert step["packages"]["numpy"] == np.__version__
    assert step["python"].split(".")[:2] == [str(number) for number in sys.version_info[:2]]


def test_every_file_but_manifest_and_state_has_its_digest(run):
    files = manifest_of(run)["files"]
    assert set(files) == {"README.md", "assets/factor.txt", "config.json", "weights/best.npz"}
    assert all(sha256(run / name) == digest for name, digest in files.items())
    (run / "state" / "training.npz").write_text("changed")
    (run / "notes.txt").write_text("mine")
    load(run)


def test_the_readme_of_a_run_holds_its_command_and_scores(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["/some/where/brickyard", "scaling", "train", "--out", "a b"])
    trained(tmp_path / "run")
    text = (tmp_path / "run" / "README.md").read_text()
    assert "brickyard scaling train --out 'a b'" in text and "/some/where" not in text
    assert "| error_percent | 12.5 |" in text


def test_a_moved_run_still_loads(run):
    moved = run.rename(run.parent / "moved and renamed")
    assert load(moved).predict(["0 0 0"]) == [{"scores": [0.5, -0.5]}]


@pytest.mark.parametrize("name", ["README.md", "assets/factor.txt", "config.json"])
def test_a_changed_file_is_named(run, name):
    (run / name).write_text((run / name).read_text() + " ")
    with pytest.raises(BundleError, match=rf"changed since training: {name}\)"):
        load(run)


def test_all_damages_are_named_at_once(run):
    (run / "config.json").unlink()
    (run / "README.md").write_text("mine")
    (run / "weights" / "best.npz").write_bytes(b"")
    with pytest.raises(BundleError) as caught:
        load(run)
    assert "missing: config.json" in str(caught.value)
    assert "changed since training: README.md, weights/best.npz" in str(caught.value)


def test_weights_that_do_not_fit_are_all_named(run):
    arrays = read_arrays(run / "weights" / "best.npz")
    assert list(arrays) == ["dense/kernel", "dense/bias"]
    write_arrays(
        run / "weights" / "best.npz",
        {"dense/kernel": np.zeros((3, 5), np.float32), "other/bias": np.zeros(2)},
    )
    files = {**manifest_of(run)["files"], "weights/best.npz": sha256(run / "weights/best.npz")}
    put_manifest(run, files=files)
    with pytest.raises(BundleError) as caught:
        load(run)
    for problem in ("missing 'dense/bias'", "unexpected 'other/bias'", "of shape (3, 5)"):
        assert problem in str(caught.value)


def _as_file(run: Path) -> Path:
    path = run.parent / "file"
    path.write_text("text")
    return path


@pytest.mark.parametrize(
    ("damage", "hint"),
    [
        (lambda run: run.parent / "nowhere", "nothing at that path"),
        (lambda run: run.parent, "a folder without manifest.json"),
        (_as_file, "Not a directory"),
        (lambda run: put_manifest(run, format=2), "Expected bundle format 1"),
        (lambda run: put_manifest(run, format=None), "received None"),
        (lambda run: (run / "manifest.json").write_text("[]"), "received 'list'"),
        (lambda run: (run / "manifest.json").write_text("{"), "Expected JSON"),
        (lambda run: (run / "manifest.json").write_bytes(b"\xff"), "Expected JSON"),
        (lambda run: (run / "manifest.json").write_text('{"format": 1}'), "app, state, data"),
        (lambda run: put_manifest(run, state="training"), "--resume"),
        (lambda run: put_manifest(run, app="memory_qe"), "Did you mean 'memory-qa'"),
    ],
)
def test_what_is_no_finished_run_is_refused_in_one_sentence(run, damage, hint):
    path = damage(run)
    with pytest.raises(UserError) as caught:
        load(path if isinstance(path, Path) else run)
    assert hint in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_saved_model_given_as_a_run_names_what_it_is_for(tmp_path):
    version = tmp_path / "demo" / "12"
    version.mkdir(parents=True)
    (version / "saved_model.pb").touch()
    for path in (version, version.parent):
        with pytest.raises(BundleError, match=r"received the SavedModel .*`predict`"):
            load(path)


def test_the_newest_version_is_the_highest_number(tmp_path):
    assert saved_model_dir(tmp_path) is None
    assert saved_model_dir(tmp_path / "nowhere") is None
    for name in ("2", "10", "9", "99-half", ".11", "12"):
        (tmp_path / name).mkdir()
    assert saved_model_dir(tmp_path) is None
    for name in ("2", "10", "9", "99-half", ".11"):
        (tmp_path / name / "saved_model.pb").touch()
    assert saved_model_dir(tmp_path) == tmp_path / "10"
    assert saved_model_dir(tmp_path / "9") == tmp_path / "9"


def test_a_run_of_another_app_names_the_command_for_it(run):
    class Other(Scaling):
        name = "other"

    with pytest.raises(BundleError, match="belongs to scaling; use: brickyard scaling predict"):
        open_answerer(Other(), str(run))
    assert open_answerer(APP, str(run)).path == Path(run)
