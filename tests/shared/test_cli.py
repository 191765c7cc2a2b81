"""The command line: exit codes, what is said where, and the options of the verbs."""

import errno
import json
import subprocess
import sys
from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace

import numpy as np
import pytest

from shared import cli
from shared.app import App, Splits, Verb
from shared.config import AppConfig
from shared.errors import DataError, OperationError, Stopped, UserError
from shared.testing.cli import run_cli

PARTS = [
    {"name": "a.txt", "split": "train", "sha256": "aa", "examples": 2},
    {"name": "a.txt", "split": "validation", "sha256": "aa", "examples": 1},
    {"name": "b.txt", "split": "test", "sha256": "bb", "examples": 1},
]


@dataclass(frozen=True)
class FailOptions:
    """Options of a verb of one app."""

    how: str = "not"
    """The name of an error."""


ERRORS = {
    "user": UserError("Expected a, received b; do c."),
    "data": DataError("Expected a file."),
    "operation": OperationError("The loss became NaN."),
    "disk": OSError(errno.ENOSPC, "No space left on device", "runs/x/weights/best.npz"),
    "memory": MemoryError("Unable to allocate 9 TiB"),
    "stop": KeyboardInterrupt("Stopped; go on with --resume."),
    "saved stop": Stopped("Stopped after step 3; everything is saved."),
    "bare stop": KeyboardInterrupt(),
}


class Toy(App):
    """An app whose answers need no network."""

    name = "toy"
    summary = "Repeat what is said."
    item_help = "A word."
    config_class = AppConfig
    presets = MappingProxyType({"base": AppConfig(), "smoke": AppConfig(seed=5)})

    def load_data(self, config):
        if config.data == "sample":
            return Splits(["x"], ["y"], ["z"], {"source": "sample", "parts": PARTS})
        parts = [{**part, "split": "validation", "name": "c"} for part in PARTS[:1]]
        if config.data == "other":
            parts = [{**parts[0], "sha256": "cc"}]
        if config.data == "a-with-new-validation":
            parts = [PARTS[0], {**PARTS[1], "sha256": "dd"}]
        return Splits(["x"], ["y"], ["z"], {"source": config.data, "parts": parts})

    def evaluate(self, bundle, examples):
        return {"score": float(len(examples))}

    def parse(self, raw):
        text = raw.decode("utf-8", "strict") if isinstance(raw, bytes) else raw
        if not text:
            raise DataError("Expected a word, received nothing.")
        return text

    def results(self, items, outputs):
        return [{"answer": answer} for answer in outputs["answer"]]

    def converse(self, lines):
        yield from (line for line in lines if line.endswith("?"))

    def verbs(self):
        def fail(app, options):
            if options.how in ERRORS:
                raise ERRORS[options.how]
            if options.how == "defect":
                raise ZeroDivisionError("a defect of ours")
            print(f"{app.name} did not fail")

        return {"fail": Verb("fail in some way", FailOptions, fail)}


Toy.__abstractmethods__ = frozenset()


class Repeat:
    """A trained toy."""

    app, config, path = Toy(), AppConfig(), "runs/toy"
    manifest = MappingProxyType({"data": {"parts": PARTS}})

    def outputs(self, items):
        return {"answer": np.array(items)}


@pytest.fixture(autouse=True)
def toy(monkeypatch):
    monkeypatch.setattr(
        cli,
        "find_app",
        lambda name: Toy() if name == "toy" else pytest.fail(f"asked for {name}"),
    )
    monkeypatch.setattr("shared.predict.open_answerer", lambda app, model: Repeat())
    monkeypatch.setattr("shared.verbs._bundle_of", lambda app, path: Repeat())


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


def test_predict_reads_arguments_a_file_or_stdin(tmp_path):
    (tmp_path / "in.txt").write_bytes(b"one\r\n\ntwo\n")
    line = ("toy", "predict", "runs/toy", "--format", "json")
    by_file = run_cli(*line, "--input", tmp_path / "in.txt")
    by_stdin = run_cli(*line, stdin=b"one\r\n\ntwo\n")
    assert by_file == by_stdin
    assert by_file.code == 0
    assert [json.loads(one) for one in by_file.out.splitlines()] == [
        {"answer": "one"},
        {"error": "Expected a word, received nothing."},
        {"answer": "two"},
    ]
    assert run_cli(*line[:3], "one", "", "two").out == (
        "one\nerror: Expected a word, received nothing.\ntwo\n"
    )
    assert run_cli(*line, stdin=b"").out == ""


def test_predict_in_a_terminal_converses(monkeypatch):
    typed = iter(["just talk", "who?", "more talk", "where?"])

    def answer_prompt(prompt):
        try:
            return next(typed)
        except StopIteration:
            raise EOFError from None

    said = _in_a_terminal(monkeypatch, answer_prompt)
    assert (said.code, said.out) == (0, "who?\nwhere?\n")
    assert said.err == "A word. (Ctrl-D ends)\n"


def _in_a_terminal(monkeypatch, answer_prompt):
    monkeypatch.setattr("builtins.input", answer_prompt)
    monkeypatch.setattr(
        "shared.verbs.sys",
        SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True), stderr=_CurrentStderr()),
    )
    return run_cli("toy", "predict", "runs/toy")


class _CurrentStderr:
    def write(self, text):
        return sys.stderr.write(text)

    def flush(self):
        sys.stderr.flush()


def test_evaluate_scores_the_split_asked_for():
    said = run_cli("toy", "evaluate", "runs/toy", "--data", "other", "--format", "json")
    assert (said.code, json.loads(said.out)) == (0, {"score": 1.0})


def test_the_held_out_part_of_the_runs_own_data_may_be_scored():
    for split in ("validation", "test"):
        said = run_cli("toy", "evaluate", "runs/toy", "--split", split)
        assert (said.code, said.out) == (0, "score  1\n"), said.err


def test_new_data_beside_the_training_data_may_be_scored():
    said = run_cli("toy", "evaluate", "runs/toy", "--data", "a-with-new-validation")
    assert (said.code, said.out) == (0, "score  1\n"), said.err


@pytest.mark.parametrize("argv", [("--split", "train"), ("--data", "copy-of-a.txt")])
def test_scores_on_training_data_are_refused_unless_asked_for(argv):
    said = run_cli("toy", "evaluate", "runs/toy", *argv)
    assert said.code == 2
    assert "was trained on" in said.err and "--allow-training-data" in said.err
    assert not said.out
    asked = run_cli("toy", "evaluate", "runs/toy", *argv, "--allow-training-data")
    assert (asked.code, asked.out) == (0, "score  1\n")


def test_describe_an_app():
    said = run_cli("toy", "describe", "--format", "json")
    assert json.loads(said.out)["summary"] == "Repeat what is said."
    assert "presets: base, smoke\n" in run_cli("toy", "describe").out


def test_describe_refuses_what_is_no_run(tmp_path):
    said = run_cli("toy", "describe", tmp_path)
    assert said.code == 2 and "manifest.json" in said.err


def test_resume_with_a_preset_keeps_the_settings_of_the_run(tmp_path):
    (tmp_path / "config.json").write_text('{"seed": 77}')
    said = run_cli("toy", "train", "--out", tmp_path, "--resume", "--print-config")
    assert json.loads(said.out)["seed"] == 77
