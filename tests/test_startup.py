"""`--help`, `list` and the client answer at once: no TensorFlow, no Keras, nothing heavy."""

import json
import subprocess
import sys
import textwrap
import time

import pytest

# Seconds each to import, and needed by no command that only looks around.
HEAVY = {
    *("tensorflow", "keras", "jax", "torch", "numpy", "matplotlib", "sklearn", "scipy", "gensim"),
    *("tensorflow_datasets", "tensorflow_text", "PIL", "pandas"),
}
COMMANDS = {
    "brickyard": [],
    "brickyard --help": ["--help"],
    "brickyard --version": ["--version"],
    "brickyard list": ["list"],
    "brickyard verify --help": ["verify", "--help"],
    "brickyard memory-qa --help": ["memory-qa", "--help"],
    "brickyard memory-qa train --help": ["memory-qa", "train", "--help"],
    "brickyard memory-qa train --print-config": [
        *("memory-qa", "train", "--out", "nowhere", "--print-config")
    ],
    "brickyard memory-qa tarin": ["memory-qa", "tarin"],
    "brickyard memory-qa describe": ["memory-qa", "describe"],
}
REPORT = "import json, sys; print(json.dumps([code, sorted(sys.modules)]), file=sys.stderr)"


def loaded_by(code: str, *arguments: str, path: str = "") -> tuple[int, set[str], str, float]:
    """Runs code in a process of its own; returns its exit code, modules, stdout and seconds."""
    began = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{code}\n{REPORT}", *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - began
    assert done.stderr.strip(), done
    code_, modules = json.loads(done.stderr.splitlines()[-1])
    return code_, set(modules), done.stdout, seconds


MAIN = "import sys\nfrom shared.cli import main\ncode = main(sys.argv[1:])"


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_looks_around_loads_nothing_heavy(command, record_property):
    code, modules, _, seconds = loaded_by(MAIN, *COMMANDS[command])
    record_property("startup_seconds", round(seconds, 2))
    assert code == (2 if "tarin" in command else 0)
    # What may read a run brings numpy for its arrays; help does not.
    assert not modules & (HEAVY - {"numpy"} if "describe" in command else HEAVY)


def test_the_client_loads_nothing_heavy(record_property):
    _, modules, _, seconds = loaded_by("code = 0\nimport shared.serving.client")
    record_property("startup_seconds", round(seconds, 2))
    assert "shared.serving.client" in modules
    assert not modules & HEAVY - {"numpy"}


@pytest.mark.parametrize("name", sorted(HEAVY & {"numpy", "matplotlib"}))
def test_a_heavy_module_would_be_seen(name):
    assert name in loaded_by(f"code = 0\nimport {name}")[1]


def test_a_broken_app_is_listed_with_its_error_beside_the_others(tmp_path):
    broken = tmp_path / "half_built"
    broken.mkdir()
    (broken / "__init__.py").touch()
    (broken / "app.py").write_text(
        textwrap.dedent(
            """
            from shared.app import App
            import no_such_package_at_all
            """
        )
    )
    code, modules, out, _ = loaded_by(
        f"import apps\napps.__path__.append({str(tmp_path)!r})\n{MAIN}", "list"
    )
    assert code == 0 and not modules & HEAVY
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert (
        "broken: ModuleNotFoundError: No module named 'no_such_package_at_all'"
        in (lines["half-built"])
    )
    assert "broken" not in lines["memory-qa"]
