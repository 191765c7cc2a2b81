"""The harness every app goes through: the contract, and the bad input common to all.

`tests/test_contract.py` runs these over each discovered app, and whoever adds an app runs them
on it. Each check raises `CheckFailed`, which says what the app should have done.
"""

import io
import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from shared.app import App
from shared.bundle import MANIFEST, Bundle, load
from shared.config import from_dict, to_dict
from shared.predict import open_answerer, predict
from shared.testing.cli import Said, run_cli

# What a request may hold; an app answers it or gives one clear error, and answers the others.
NASTY_TEXTS = (
    "",
    " ",
    "\x00",
    "a\x00b?",
    "\u202e\u0301?",
    "\U0001f600\U0001f468\u200d\U0001f469\u200d\U0001f467?",
    "\u00a0\u2003\ufeff",
    "?" * 1000,
    "{",
    '{"unknown": 1}',
    "[1, 2",
    "x" * 1_000_000,
    "a b. " * 200_000 + "c?",
    b"\xff\xfe\x80?",
    b"caf\xe9?",
)


class CheckFailed(AssertionError):
    """An app broke its contract."""


def expect(condition: object, message: str) -> None:
    """Raises `CheckFailed` with this message unless the condition holds."""
    if not condition:
        raise CheckFailed(message)


def expect_refused(said: Said, *, about: str) -> None:
    """A user's mistake ends with exit code 2, one sentence on stderr, and nothing on stdout."""
    expect(said.code == 2, f"{about}: expected exit code 2, received {said.code}: {said.err}")
    expect("Traceback" not in said.err, f"{about}: a traceback was shown:\n{said.err}")
    expect(said.err.strip(), f"{about}: nothing was said")
    expect(not said.out, f"{about}: something was printed as a result: {said.out!r}")


def command_name(app: App) -> str:
    """Returns the name of the app on the command line."""
    return app.name.replace("_", "-")


def check_config(app: App) -> None:
    """Presets are complete, and a printed configuration can be fed back unchanged."""
    expect({"smoke", "base"} <= set(app.presets), f"{app.name} needs the presets smoke and base")
    expect(app.summary and app.item_help, f"{app.name} needs a summary and item_help")
    for name, preset in app.presets.items():
        again = from_dict(app.config_class(), to_dict(preset), origin=name)
        expect(again == preset, f"the preset {name} of {app.name} changes when written and read")


def check_sample(app: App) -> None:
    """The built-in data is offline, the same each time, and no example is in two splits."""
    _, first = app.sample()
    _, second = app.sample()
    expect(first.train and first.validation, "the sample needs training and validation examples")
    for split in ("train", "validation"):
        same = [repr(e) for e in first[split]] == [repr(e) for e in second[split]]
        expect(same, f"the {split} part of the sample differs between two calls")
    shared = {repr(e) for e in first.train} & {repr(e) for e in first.validation}
    expect(not shared, f"{len(shared)} examples are in training and validation: {shared!r:.200}")
    parts = first.info["parts"]
    expect(
        all({"name", "split", "sha256", "examples"} <= set(part) for part in parts) and parts,
        "info['parts'] needs name, split, sha256 and examples of each part",
    )


def check_bundle(app: App, bundle: Bundle) -> None:
    """A reloaded bundle answers the same; a batch answers like its items one by one."""
    items = app.examples(bundle)
    expect(len(items) >= 5, "examples() needs five items or more")
    together = bundle.outputs(items)
    again = load(bundle.path).outputs(items)
    for name, value in together.items():
        expect(len(value) == len(items), f"the output {name} needs one row an item")
        expect(_close(value, again[name]), f"the output {name} differs after loading again")
    results = app.results(items, together)
    single = [app.results([item], bundle.outputs([item]))[0] for item in items]
    expect(_alike(results, single), "a batch is answered otherwise than its items one by one")
    scores = app.evaluate(bundle, app.sample()[1].validation)
    expect(
        scores and all(np.isfinite(value) for value in scores.values()),
        f"evaluate needs finite numbers, received {scores}",
    )


def check_saved_model(app: App, bundle: Bundle, model: Path) -> None:
    """The SavedModel answers like the bundle, through `predict` of the same command."""
    items = app.examples(bundle)
    ours, served = bundle.outputs(items), open_answerer(app, str(model)).outputs(items)
    expect(set(ours) == set(served), f"infer gives {sorted(ours)}, served {sorted(served)}")
    for name, value in ours.items():
        expect(_close(value, served[name]), f"the served output {name} differs from infer")
    expect(
        _alike(app.results(items, ours), app.results(items, served)),
        "the SavedModel is read otherwise than the bundle",
    )


def check_bad_items(app: App, bundle: Bundle, good: Any) -> None:
    """Each nasty request is answered or refused in one sentence, and costs the good one nothing."""
    right = next(predict(app, bundle, [good]))
    expect("error" not in right, f"the good input was refused: {right}")
    raw = [one for nasty in NASTY_TEXTS for one in (nasty, good)]
    results = list(predict(app, bundle, raw))
    expect(len(results) == len(raw), f"{len(raw)} inputs gave {len(results)} results")
    for nasty, result, neighbour in zip(NASTY_TEXTS, results[::2], results[1::2], strict=True):
        expect(_alike(neighbour, right), f"{nasty!r:.40} changed the answer of its neighbour")
        if "error" in result:
            said = result["error"]
            expect(said and "\n" not in said and len(said) < 400, f"not one sentence: {said!r}")


def check_bad_sources(app: App, work: Path) -> None:
    """Unusable data is refused in one sentence before anything is written."""
    for name, make in BAD_SOURCES.items():
        source = make(work)
        out = work / "never-written"
        said = run_cli(command_name(app), "train", "--data", source, "--out", out)
        expect_refused(said, about=f"train --data {name}")
        expect(not out.exists(), f"train --data {name} left {out} behind")


def check_bad_bundles(app: App, bundle: Bundle, model: Path, work: Path) -> None:
    """Damaged, foreign and unfinished runs are refused, and the right command is named."""
    manifest = json.loads((bundle.path / MANIFEST).read_text())

    def changed(name: str, **values: object) -> Path:
        copy = work / name
        shutil.copytree(bundle.path, copy)
        (copy / MANIFEST).write_text(json.dumps({**manifest, **values}))
        return copy

    flipped = changed("flipped")
    weights = flipped / "weights" / "best.npz"
    damaged = bytearray(weights.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    weights.write_bytes(bytes(damaged))
    foreign = {
        "another format": (changed("format", format=99), "99"),
        "another app": (changed("app", app="no_such_app"), "no_such_app"),
        "still training": (changed("training", state="training"), "--resume"),
        "one flipped byte": (flipped, "weights/best.npz"),
        "an empty folder": (_folder(work / "empty"), "manifest.json"),
        "a missing folder": (work / "missing", "missing"),
    }
    for name, (path, hint) in foreign.items():
        for verb in ("evaluate", "predict", "export"):
            said = run_cli(command_name(app), verb, path)
            expect_refused(said, about=f"{verb} of {name}")
            expect(hint in said.err, f"{verb} of {name} does not say {hint!r}: {said.err}")
    for verb in ("evaluate", "export"):
        said = run_cli(command_name(app), verb, model)
        expect_refused(said, about=f"{verb} of a SavedModel")
        expect("`predict`" in said.err, f"{verb} of a SavedModel names no command: {said.err}")
    said = run_cli("verify", bundle.path)
    expect_refused(said, about="verify of a run folder")
    expect("export" in said.err, f"verify of a run folder does not name export: {said.err}")


def check_bad_commands(app: App, bundle: Bundle, work: Path) -> None:
    """Misspelt flags, presets and verbs get the nearest name; a used folder is not overwritten."""
    name, out = command_name(app), work / "never-written"
    cases = {
        "a misspelt verb": ((name, "tarin"), "train"),
        "a misspelt flag": ((name, "train", "--out", out, "--sed", "1"), "--seed"),
        "a misspelt preset": ((name, "train", "--out", out, "--preset", "bsae"), "base"),
        "a wrong value": ((name, "train", "--out", out, "--seed", "one"), "--seed"),
        "a used folder": ((name, "train", "--out", bundle.path), "--out"),
        "a missing --out": ((name, "train"), "--out"),
    }
    for about, (argv, hint) in cases.items():
        before = _listing(bundle.path)
        said = run_cli(*argv)
        expect_refused(said, about=about)
        expect(hint in said.err, f"{about}: {hint!r} is not named: {said.err}")
        expect(not out.exists(), f"{about} left {out} behind")
        expect(_listing(bundle.path) == before, f"{about} changed the run")


def _missing(work: Path) -> Path:
    return work / "no-such-file.txt"


def _file(name: str, content: bytes) -> Callable[[Path], Path]:
    def make(work: Path) -> Path:
        path = work / name
        path.write_bytes(content)
        return path

    return make


def _tar(
    name: str, member: str, *, cut: bool = False, link: bool = False
) -> Callable[[Path], Path]:
    def make(work: Path) -> Path:
        path = work / name
        with tarfile.open(path, "w:xz") as archive:
            info = tarfile.TarInfo(member)
            if link:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
                archive.addfile(info)
            else:
                content = np.random.default_rng(0).bytes(20_000)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        if cut:
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return path

    return make


def _bomb(work: Path) -> Path:
    path = work / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        with archive.open("train.txt", "w", force_zip64=True) as member:
            for _ in range(300):
                member.write(bytes(1 << 20))
    return path


BAD_SOURCES: dict[str, Callable[[Path], Path | str]] = {
    "a missing file": _missing,
    "an empty file": _file("empty.txt", b""),
    "an empty folder": lambda work: _folder(work / "nothing"),
    "an empty archive": _file("empty.zip", b"PK\x05\x06" + bytes(18)),
    "a truncated archive": _tar("cut.tar.xz", "qa1_train.txt", cut=True),
    "an archive that leaves its folder": _tar("up.tar.xz", "../../qa1_train.txt"),
    "an archive with an absolute path": _tar("absolute.tar.xz", "/qa1_train.txt"),
    "an archive with a link": _tar("link.tar.xz", "qa1_train.txt", link=True),
    "a bomb": _bomb,
    "another format under a right name": _file("data.tar.xz", b"\x89PNG\r\n\x1a\n" + bytes(64)),
    "a picture": _file("data.txt", b"\x89PNG\r\n\x1a\n" + bytes(range(256))),
    "a wrong encoding": _file("latin.txt", "caf\xe9 cr\xe8me\n".encode("latin-1") * 50),
    "UTF-16": _file("wide.txt", "hello\tworld\n".encode("utf-16") * 10),
    "NUL bytes": _file("nul.txt", b"a\x00b\n" * 10),
    "an unknown tfds set": lambda work: "tfds:no_such_set_anywhere",
}


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _listing(path: Path) -> list[tuple[str, int]]:
    return sorted((str(file), file.stat().st_mtime_ns) for file in path.rglob("*"))


def _close(left: np.ndarray, right: np.ndarray) -> bool:
    if left.shape != right.shape:
        return False
    if np.issubdtype(left.dtype, np.floating):
        return bool(np.allclose(left, right, rtol=1e-4, atol=1e-5))
    return bool(np.array_equal(left, right))


def _alike(left: Any, right: Any) -> bool:
    """Compares nested results; numbers may differ by rounding."""
    if isinstance(left, float) and isinstance(right, float):
        return bool(np.isclose(left, right, rtol=1e-3, atol=1e-4))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_alike(left[k], right[k]) for k in left)
    if isinstance(left, list | tuple) and isinstance(right, list | tuple):
        return len(left) == len(right) and all(map(_alike, left, right))
    return bool(left == right)
