"""A bundle is the folder of one run: everything needed to evaluate, serve or repeat it.

```
manifest.json   format, state, versions, seed, data lineage, scores, history, digest of each file
config.json     the complete configuration        assets/    vocabulary, labels: readable text
weights/        best.npz and last.npz             state/     what `--resume` needs
metrics.jsonl   one row an epoch                  README.md  how to repeat and use the run
```

`record` writes one around a training run, `load` reads one strictly: format, then digests, then
the network is built, then every weight must be there with its shape. Nothing is unpickled.
"""

import json
import os
import platform
import shlex
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shared.app import App, Preprocessing, find_app
from shared.config import AppConfig, from_dict, to_dict
from shared.errors import BundleError, UserError
from shared.files import sha256, write_json, write_text
from shared.quiet import load_keras

if TYPE_CHECKING:
    import keras
    import numpy as np

FORMAT = 1
MANIFEST = "manifest.json"
BEST_WEIGHTS = Path("weights", "best.npz")

# What is written before the manifest; nothing has been trained then.
BEGINNING = ("assets", "config.json")

# A resumed run may differ from its beginning in these settings only.
RESUMABLE = (
    "data_dir",
    "download",
    "training.epochs",
    "training.patience",
    "training.checkpoint_seconds",
    "training.checkpoint_steps",
    "training.tensorboard",
)


@dataclass(frozen=True)
class Bundle:
    """A trained model with its preprocessing, ready to answer.

    Example:
    ```python
    from shared.bundle import load

    bundle = load("runs/demo")
    print(bundle.predict(["Ines walked to the attic. In which room is Ines?"])[0]["answer"])
    ```
    """

    app: App
    config: Any
    preprocessing: Any
    model: "keras.Model"
    manifest: Mapping[str, Any]
    path: Path
    memo: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """What the app keeps with a run while it is loaded, such as compiled functions."""

    def outputs(self, items: Sequence[Any]) -> "dict[str, np.ndarray]":
        """Answers a batch of parsed items with the named arrays a server would send."""
        return self.app.infer(self, items)

    def remark(self, result: dict[str, Any]) -> dict[str, Any]:
        """Adds to a result what a served model does not know."""
        return self.app.remark(self, result)

    def predict(self, raw: Iterable[Any]) -> list[dict[str, Any]]:
        """Answers raw inputs in order; an unusable one gets an `error` field."""
        from shared.predict import predict

        return list(predict(self.app, self, raw))

    def evaluate(self, examples: Sequence[Any]) -> dict[str, float]:
        """Returns the standard scores on labelled examples."""
        return self.app.evaluate(self, examples)


def load(path: str | Path) -> Bundle:
    """Loads a finished run.

    Raises:
        BundleError: not a bundle, of another format, unfinished, damaged, or with weights that
            do not fit the network; the message says what to do.
    """
    path = Path(path)
    manifest = read_manifest(path)
    if manifest["state"] != "complete":
        raise BundleError(
            f"The run {path} has not finished training; "
            f"go on with: brickyard {manifest['app'].replace('_', '-')} train "
            f"--out {shlex.quote(str(path))} --resume"
        )
    _check_digests(path, manifest["files"])

    load_keras()
    from shared.training.weights import restore_weights

    app = find_app(manifest["app"])
    config = _read_config(app, path)
    preprocessing = app.load_preprocessing(config, path / "assets")
    model = app.build_model(config, preprocessing)
    restore_weights(model, path / BEST_WEIGHTS)
    return Bundle(app, config, preprocessing, model, manifest, path)


def load_of(app: App, path: Path) -> Bundle:
    """Loads a finished run of this very app.

    Raises:
        UserError: it is of another app.
        BundleError: see `load`.
    """
    owner = read_manifest(path)["app"]
    if owner != app.name:
        raise UserError(f"The run {path} belongs to {owner}, not to {app.name}.")
    return load(path)


def read_manifest(path: Path) -> dict[str, Any]:
    """Reads and checks the manifest of a run, finished or not.

    Raises:
        BundleError: the folder is not a bundle of this format.
    """
    if (path / "saved_model.pb").exists() or _versions(path):
        raise BundleError(
            f"Expected a run folder, received the SavedModel {path}; a SavedModel is for "
            f"`predict`, `verify` and `serve`, the run it was exported from for the rest."
        )
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except FileNotFoundError:
        what = "a folder without manifest.json" if path.is_dir() else "nothing at that path"
        raise BundleError(
            f"Expected a run folder at {path}, received {what}; "
            "make one with: brickyard APP train --out RUN"
        ) from None
    except (OSError, ValueError) as error:
        raise BundleError(f"Expected JSON in {path / MANIFEST}, received: {error}.") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        received = manifest.get("format") if isinstance(manifest, dict) else type(manifest).__name__
        raise BundleError(
            f"Expected bundle format {FORMAT} in {path}, received {received!r}; "
            "use the version of brickyard that wrote it, or train again."
        )
    missing = [
        name for name in ("app", "state", "data", "history", "files") if name not in manifest
    ]
    if missing:
        raise BundleError(
            f"Expected {', '.join(missing)} in {path / MANIFEST}, received none; restore the "
            "file from a copy or train again."
        )
    return manifest


def saved_model_dir(path: Path) -> Path | None:
    """Returns the folder of the newest SavedModel version at `path`, or None if there is none."""
    if (path / "saved_model.pb").exists():
        return path
    versions = _versions(path)
    return path / str(max(versions)) if versions else None


def read_config(path: Path) -> AppConfig:
    """Returns the configuration of a run, finished or not."""
    return _read_config(find_app(read_manifest(path)["app"]), path)


@dataclass
class Recording:
    """What `record` writes into the manifest when the run has finished."""

    manifest: dict[str, Any]
    scores: dict[str, float] = field(default_factory=dict)


@contextmanager
def record(
    app: App,
    config: AppConfig,
    run_dir: Path,
    *,
    preprocessing: Preprocessing,
    info: Mapping[str, Any],
    earlier: Mapping[str, Any] | None = None,
    resume: bool = False,
) -> Iterator[Recording]:
    """Surrounds a training run: the bundle is marked complete when the block ends well.

    Args:
        app: the app that trains.
        config: its complete configuration.
        run_dir: an empty or missing folder; with `resume`, also one that was begun.
        preprocessing: fitted on the training split.
        info: the lineage of the data.
        earlier: manifest of the run whose weights this one starts with; it becomes one of the same
            lineage, and counts as trained on the same data.
        resume: go on with a run that was begun.

    Raises:
        UserError: the folder holds something else, or another configuration or other data.
    """
    begun = resume and (run_dir / MANIFEST).exists()
    if begun:
        manifest = _resumed_manifest(app, config, run_dir, info)
    else:
        check_empty(run_dir, resume=resume)
        manifest = _new_manifest(app, config, info, earlier)
    manifest["state"] = "training"
    manifest["history"].append({"command": _command(), "started": _now(), **_versions_used()})
    (run_dir / "assets").mkdir(parents=True, exist_ok=True)
    preprocessing.save(run_dir / "assets")
    write_json(run_dir / "config.json", to_dict(config))
    write_json(run_dir / MANIFEST, manifest)

    recording = Recording(manifest)
    yield recording

    manifest["history"][-1]["finished"] = _now()
    manifest["scores"] = recording.scores
    manifest["state"] = "complete"
    write_text(run_dir / "README.md", _readme(manifest, run_dir))
    manifest["files"] = {
        name.as_posix(): sha256(run_dir / name) for name in sorted(_bundle_files(run_dir))
    }
    write_json(run_dir / MANIFEST, manifest)


def check_empty(run_dir: Path, *, resume: bool = False) -> None:
    """Refuses to write a new run where something is already.

    Args:
        run_dir: the folder of the new run.
        resume: allow what a run leaves that died before its manifest was written.

    Raises:
        UserError: the path is a file or a folder with something in it.
    """
    there = [path.name for path in run_dir.iterdir()] if run_dir.is_dir() else []
    strange = [name for name in there if name not in BEGINNING and not name.startswith(".")]
    if run_dir.is_file() or (strange if resume else there):
        begun = (there and not strange) or (run_dir / MANIFEST).exists()
        hint = " or go on with it by --resume" if begun else ""
        raise UserError(
            f"Expected an empty or new folder for the run, received {run_dir}, which is not "
            f"empty; choose another --out{hint}."
        )


def _read_config(app: App, path: Path) -> AppConfig:
    try:
        values = json.loads((path / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BundleError(f"Expected the settings in {path}/config.json: {error}.") from None
    return from_dict(app.config_class(), values, origin=str(path / "config.json"))


def _versions(path: Path) -> list[int]:
    if not path.is_dir():
        return []
    return [
        int(child.name)
        for child in path.iterdir()
        if child.name.isdecimal() and (child / "saved_model.pb").exists()
    ]


def _check_digests(path: Path, files: Mapping[str, str]) -> None:
    missing = [name for name in files if not (path / name).is_file()]
    changed = [
        name
        for name, digest in files.items()
        if name not in missing and sha256(path / name) != digest
    ]
    if missing or changed:
        parts = [f"missing: {', '.join(missing)}"] * bool(missing)
        parts += [f"changed since training: {', '.join(changed)}"] * bool(changed)
        raise BundleError(
            f"The run {path} is damaged ({'; '.join(parts)}); "
            "restore it from a copy or train again."
        )


def _new_manifest(
    app: App, config: AppConfig, info: Mapping[str, Any], earlier: Mapping[str, Any] | None
) -> dict[str, Any]:
    run = uuid.uuid4().hex
    manifest = {
        "format": FORMAT,
        "app": app.name,
        "state": "training",
        "run": run,
        "lineage": run,
        "seed": config.seed,
        "data": dict(info),
        "scores": {},
        "history": [],
        "files": {},
    }
    if earlier is not None:
        parts = [*earlier.get("trained_before", ()), *earlier["data"]["parts"]]
        manifest["lineage"] = earlier.get("lineage", earlier["run"])
        manifest["trained_before"] = [part for part in parts if part["split"] == "train"]
    return manifest


def _resumed_manifest(
    app: App, config: AppConfig, run_dir: Path, info: Mapping[str, Any]
) -> dict[str, Any]:
    manifest = read_manifest(run_dir)
    if manifest["app"] != app.name:
        raise UserError(f"The run {run_dir} belongs to {manifest['app']}, not to {app.name}.")
    before, now = _flat(to_dict(_read_config(app, run_dir))), _flat(to_dict(config))
    changed = [name for name in now if before.get(name) != now[name] and name not in RESUMABLE]
    if changed:
        raise UserError(
            f"The run {run_dir} was begun with other settings ({', '.join(changed)}); resume it "
            "without them, or start a new run in another folder."
        )
    if manifest["data"]["parts"] != info["parts"]:
        raise UserError(
            f"The data of the run {run_dir} has changed since it was begun; "
            "put the old data back, or start a new run in another folder."
        )
    return manifest


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _bundle_files(run_dir: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(run_dir):
        for name in names:
            file = Path(folder, name).relative_to(run_dir)
            # The manifest cannot hold its own digest; dot files are ones a kill left half-written.
            if (
                file.as_posix() != MANIFEST
                and not name.startswith(".")
                and file.parts[0]
                not in (
                    "state",
                    "tensorboard",
                )
            ):
                yield file


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _command() -> str:
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])


def _versions_used() -> dict[str, Any]:
    packages = {}
    for package in ("brickyard", "keras", "tensorflow", "jax", "numpy"):
        try:
            packages[package] = version(package)
        except PackageNotFoundError:
            continue
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "packages": packages,
    }


def _readme(manifest: Mapping[str, Any], run_dir: Path) -> str:
    app = manifest["app"].replace("_", "-")
    command = manifest["history"][0]["command"]
    scores = "\n".join(f"| {name} | {value:.4g} |" for name, value in manifest["scores"].items())
    repeat = f"Repeat it with `brickyard {app} train --config config.json --out NEW`; use"
    return f"""# A run of {app}

From `{manifest["data"]["source"]}`, seed {manifest["seed"]}, by

    {command}

{repeat if " train " in command else "Use"} it with
`brickyard {app} predict {run_dir.name}`, `evaluate` and `export`.

| score (validation) | value |
|---|---|
{scores}
"""
