"""The command line: exit codes, what is said where, and the options of the verbs."""

import subprocess
import sys

import pytest
from toy import ERRORS, Repeat, Toy

from shared import cli
from shared.errors import OperationError, Stopped
from shared.testing.cli import run_cli


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setattr(
        cli,
        "find_app",
        lambda name: Toy() if name == "toy" else pytest.fail(f"asked for {name}"),
    )
    monkeypatch.setattr("shared.predict.open_answerer", lambda app, model: Repeat())
    monkeypatch.setattr("shared.bundle.load_of", lambda app, path: Repeat())


@pytest.mark.parametrize(
    ("how", "code", "err"),
    [
        ("not", 0, ""),
        ("user", 2, "error: Expected a, received b; do c.\n"),
        ("data", 2, "error: Expected a file.\n"),
        ("operation", 1, "failed: The loss became NaN. (--debug shows where)\n"),
        (
            "disk",
            1,
            "failed: [Errno 28] No space left on device: 'runs/x/weights/best.npz' "
            "(--debug shows where)\n",
        ),
        ("memory", 1, "failed: Unable to allocate 9 TiB (--debug shows where)\n"),
        ("stop", 130, "\nStopped; go on with --resume.\n"),
        ("saved stop", 130, "\nStopped after step 3; everything is saved.\n"),
        ("bare stop", 130, "\nStopped.\n"),
    ],
)
def test_each_kind_of_error_has_its_exit_code_and_one_sentence(how, code, err):
    said = run_cli("toy", "fail", "--how", how)
    assert (said.code, said.err) == (code, err)
    assert said.out == ("toy did not fail\n" if how == "not" else "")


def test_the_ends_of_training_are_of_these_kinds():
    from shared.training import TrainingDiverged, TrainingStopped

    assert issubclass(TrainingStopped, Stopped)
    assert issubclass(TrainingDiverged, OperationError)


def test_a_defect_of_ours_keeps_its_traceback():
    with pytest.raises(ZeroDivisionError):
        run_cli("toy", "fail", "--how", "defect")


@pytest.mark.parametrize("how", ["user", "operation", "disk"])
@pytest.mark.parametrize("place", [0, 2, 4])
def test_debug_shows_the_traceback_wherever_it_stands(how, place):
    argv = ["toy", "fail", "--how", how]
    argv.insert(place, "--debug")
    with pytest.raises(type(ERRORS[how])):
        run_cli(*argv)


def test_a_reader_who_has_had_enough_is_no_failure():
    code = "from shared.output import print_results\n"
    code += "from shared.cli import _guarded\n"
    code += "forever = ({'answer': 'x' * 100} for _ in iter(int, 1))\n"
    code += "raise SystemExit(_guarded(lambda _: print_results(forever, form='json'), []))\n"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 0
    assert err == b""


def test_help_goes_to_stdout():
    for argv in ((), ("--help",), ("-h",)):
        said = run_cli(*argv)
        assert said.code == 0 and said.out.startswith("usage: brickyard APP VERB") and not said.err
        assert "memory-qa" in said.out
    said = run_cli("toy")
    assert said == run_cli("toy", "--help")
    assert said.code == 0 and not said.err
    for verb in ("train", "evaluate", "predict", "export", "verify", "serve", "describe", "fail"):
        assert f"\n  {verb} " in said.out
    assert "A word." in said.out and "base, smoke" in said.out


@pytest.mark.parametrize(
    "verb", ["train", "evaluate", "predict", "export", "verify", "serve", "describe", "fail"]
)
def test_every_verb_explains_its_flags(verb):
    said = run_cli("toy", verb, "--help")
    assert said.code == 0 and not said.err
    assert f"usage: brickyard toy {verb}" in said.out


@pytest.mark.parametrize("verb", ["verify", "serve"])
def test_verbs_that_need_no_app_stand_alone(verb):
    said = run_cli(verb, "--help")
    assert said.code == 0
    assert f"usage: brickyard {verb}" in said.out


@pytest.mark.parametrize(
    ("argv", "hint"),
    [
        (("toy", "tarin"), "Did you mean 'train'?"),
        (("toy", "zzzz"), "Known: describe, evaluate, export, fail, predict"),
        (("toy", "evaluate", "x", "--fromat", "json"), "--format"),
        (("toy", "evaluate", "x", "--format", "xml"), "json"),
        (("toy", "evaluate", "x", "--split", "trian"), "train"),
        (("toy", "evaluate"), "A run folder"),
        (("toy", "train"), "--out"),
        (("toy", "train", "--out", "x", "--preset", "bsae"), "Did you mean 'base'?"),
        (("toy", "train", "--out", "x", "--preset=zzzzz"), "Known: base, smoke."),
        (("toy", "train", "--out", "x", "--config", "nowhere.json"), "nowhere.json"),
        (("toy", "train", "--out", "x", "--training.epochs", "ten"), "--training.epochs"),
        (("toy", "predict", "x", "a", "--input", "b.txt"), "leave one out"),
        (("toy", "predict", "x", "--input", "nowhere.txt"), "nowhere.txt"),
    ],
)
def test_a_wrong_command_is_refused_with_a_hint(tmp_path, monkeypatch, argv, hint):
    monkeypatch.chdir(tmp_path)
    said = run_cli(*argv)
    assert said.code == 2
    assert hint in said.err
    assert not said.out and "Traceback" not in said.err
    assert not list(tmp_path.iterdir())


def test_version():
    from importlib.metadata import version

    assert run_cli("--version").out == f"brickyard {version('brickyard')}\n"
