"""What is installed works: scripts, extras, pins, and a wheel far from the checkout, offline."""

import configparser
import importlib
import os
import re
import shutil
import site
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from shared.app import discover
from shared.testing.cli import run_cli

ROOT = Path(__file__).parents[1]
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")
EXTRAS = {name: lines.split("\n") for name, lines in SETUP["options.extras_require"].items()}
SCRIPTS = dict(
    re.split(r"\s*=\s*", line)
    for line in SETUP["options.entry_points"]["console_scripts"].strip().split("\n")
)
SOURCES = [path for top in ("apps", "shared") for path in ROOT.glob(f"{top}/**/*.py")]


def test_there_is_one_script_for_all_apps_and_one_for_each():
    expected = {f"brickyard-{name.replace('_', '-')}" for name in discover().apps}
    assert set(SCRIPTS) == {"brickyard"} | expected


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_calls_what_is_there(script, capsys):
    module, _, name = SCRIPTS[script].partition(":")
    main = getattr(importlib.import_module(module), name)
    assert main(argv=["--help"]) == 0
    usage = capsys.readouterr().out.splitlines()[0]
    assert usage.startswith(f"usage: {script.replace('brickyard-', 'brickyard ')} ")


def test_the_short_script_and_the_long_command_are_one(capsys):
    from apps.memory_qa.__main__ import main

    assert main(["describe"]) == 0
    assert capsys.readouterr().out == run_cli("memory-qa", "describe").out


def test_every_extra_that_a_message_names_exists():
    named = {
        extra: path.name
        for path in SOURCES
        for extra in re.findall(
            r"brickyard\[(\w+)\]|\bextra=\"(\w+)\"", path.read_text(encoding="utf-8")
        )
        for extra in extra
        if extra
    }
    assert "all" in named
    assert set(named) <= set(EXTRAS), named


def requirements() -> dict[str, Requirement]:
    lines = SETUP["options"]["install_requires"].split("\n")
    # Accelerators differ from machine to machine and are not pinned.
    lines += [line for extra, group in EXTRAS.items() if extra != "gpu" for line in group]
    return {str(one): one for line in lines if line.strip() for one in [Requirement(line)]}


def pins() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][\w.+!]*", row) for row in rows)
    return {canonicalize_name(name): pin for name, pin in (row.split("==") for row in rows)}


def test_every_requirement_is_pinned_within_its_range():
    pinned = pins()
    for text, one in requirements().items():
        name = canonicalize_name(one.name)
        assert name in pinned, f"{text} is not in constraints.txt"
        assert one.specifier.contains(pinned[name]), f"{text}, but {pinned[name]} is pinned"


def test_every_package_that_is_needed_is_pinned_as_installed():
    pinned, waiting, seen = pins(), list(requirements().values()), set()
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        if (name, frozenset(one.extras)) in seen:
            continue
        seen.add((name, frozenset(one.extras)))
        assert pinned.get(name) == version(name), f"{name} {version(name)} is installed"
        for line in distribution(name).requires or ():
            needed = Requirement(line)
            extras = [*one.extras, ""]
            if not needed.marker or any(needed.marker.evaluate({"extra": e}) for e in extras):
                waiting.append(needed)
    assert len(seen) > 30


def test_every_pin_is_installed_in_that_version_or_not_at_all():
    for name, pin in pins().items():
        try:
            installed = version(name)
        except PackageNotFoundError:
            continue  # needed on other systems or for other Pythons
        assert installed == pin, name


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel built offline from a copy, since building writes into the folder it builds."""
    copy = tmp_path_factory.mktemp("checkout")
    for name in ("apps", "shared", "setup.cfg", "pyproject.toml", "LICENSE", "README.md"):
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif (ROOT / name).exists():
            shutil.copy(ROOT / name, copy / name)
    out = copy / "out"
    offline = ("--no-index", "--no-build-isolation", "--no-deps", "--quiet")
    run(sys.executable, "-m", "pip", "wheel", *offline, "--wheel-dir", out, copy, folder=copy)
    (built,) = out.glob("brickyard-*.whl")
    return built


def run(*command: object, folder: Path) -> str:
    keep = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(
        [str(one) for one in command],
        cwd=folder,
        env=keep,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_wheel_holds_the_packages_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    expected = {path.relative_to(ROOT).as_posix() for path in SOURCES}
    code = {name for name in names if name.endswith(".py")}
    assert code == expected
    data = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("apps/*/audit/word_lists/*")}
    assert data <= names
    assert {name.split("/")[0] for name in names - code - data} == {
        f"brickyard-{SETUP['metadata']['version']}.dist-info"
    }


def test_the_wheel_works_in_an_empty_environment_far_from_the_checkout(wheel, tmp_path):
    home = tmp_path / "environment"
    venv.create(home, symlinks=True)
    python = home / "bin" / "python"
    packages = Path(run(python, "-c", "import site; print(site.getsitepackages()[0])", folder=home))
    packages = Path(str(packages).strip())
    # The packages we depend on are seen, but no .pth file of theirs, so not this checkout.
    (packages / "seen.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet"),
        *("--no-index", "--no-deps", wheel),
        folder=tmp_path,
    )
    work = tmp_path / "elsewhere"
    work.mkdir()
    where = run(
        python, "-c", "import apps, shared; print(apps.__file__, shared.__file__)", folder=work
    )
    assert all(Path(path).is_relative_to(home) for path in where.split())

    for script in SCRIPTS:
        assert run(home / "bin" / script, "--help", folder=work).startswith("usage: brickyard")
    assert "memory-qa" in run(home / "bin" / "brickyard", "list", folder=work)
    train = ("memory-qa", "train", "--preset", "smoke", "--out", "run", "--training.epochs", "1")
    run(home / "bin" / "brickyard", *train, folder=work)
    answer = run(
        *(home / "bin" / "brickyard-memory-qa", "predict", "run", "--format", "tsv"),
        "Mary went to the kitchen. Where is Mary?",
        folder=work,
    )
    header, row = (line.split("\t") for line in answer.splitlines())
    assert header[:2] == ["answer", "probability"]
    assert row[0] and 0 < np.float64(row[1]) <= 1
