"""Run folders: states, digests, strict loading, and who may resume what."""

import errno
import json
import os
import sys
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

import keras
import numpy as np
import pytest

from shared import bundle
from shared.app import App
from shared.bundle import check_empty, load, read_config, record, saved_model_dir
from shared.config import AppConfig, TrainingConfig
from shared.errors import BundleError, UserError
from shared.files import read_arrays, sha256, write_arrays, write_text
from shared.predict import open_answerer
from shared.training.weights import save_weights

INFO = {
    "source": "numbers.txt",
    "parts": [
        {"name": "numbers.txt", "split": "train", "sha256": "ab" * 32, "examples": 4},
        {"name": "numbers.txt", "split": "validation", "sha256": "cd" * 32, "examples": 2},
    ],
}


@dataclass(frozen=True)
class Size:
    units: int = 2


@dataclass(frozen=True)
class ScaleConfig(AppConfig):
    size: Size = field(default_factory=Size)


@dataclass(frozen=True)
class Scale:
    """Preprocessing of one number."""

    factor: str = "2"

    def save(self, folder):
        write_text(folder / "factor.txt", self.factor)

    @classmethod
    def load(cls, folder):
        return cls((folder / "factor.txt").read_text())


class Scaling(App):
    """A dense layer over three numbers."""

    name = "scaling"
    summary = item_help = "for tests"
    config_class = ScaleConfig
    presets = MappingProxyType({})

    def load_preprocessing(self, config, folder):
        return Scale.load(folder)

    def build_model(self, config, preprocessing):
        inputs = keras.Input((3,), name="numbers")
        return keras.Model(inputs, keras.layers.Dense(config.size.units, name="dense")(inputs))

    def evaluate(self, bundle, examples):
        return {"count": float(len(examples))}

    def parse(self, raw):
        return list(map(float, raw.split()))

    def infer(self, bundle, items):
        scaled = np.array(items, np.float32) * float(bundle.preprocessing.factor)
        return {"scores": bundle.model.predict_on_batch(scaled)}

    def results(self, items, outputs):
        return [{"scores": row.tolist()} for row in outputs["scores"]]


Scaling.__abstractmethods__ = frozenset()
APP = Scaling()


@pytest.fixture(autouse=True)
def only_scaling(monkeypatch):
    real = bundle.find_app
    monkeypatch.setattr(bundle, "find_app", lambda n: APP if n == "scaling" else real(n))


def trained(run: Path, *, config=None, info=INFO, resume=False, fails=None) -> ScaleConfig:
    """Goes through a training that takes no time."""
    config = config or ScaleConfig(seed=3)
    with record(APP, config, run, preprocessing=Scale(), info=info, resume=resume) as recording:
        model = APP.build_model(config, Scale())
        model.layers[1].set_weights([np.arange(6).reshape(3, 2), np.array([0.5, -0.5])])
        save_weights(model, run / "weights" / "best.npz")
        write_text(run / "state" / "training.npz", "changes all the time")
        if fails is not None:
            raise fails
        recording.scores["error_percent"] = 12.5
    return config


@pytest.fixture
def run(tmp_path):
    trained(tmp_path / "run")
    return tmp_path / "run"


def manifest_of(run: Path) -> dict:
    return json.loads((run / "manifest.json").read_text())


def put_manifest(run: Path, **values) -> None:
    (run / "manifest.json").write_text(json.dumps({**manifest_of(run), **values}))


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
