"""The command line of this app: lines of every kind, n-best, report, comparison, picture."""

import json
from dataclasses import replace

import pytest
import tensorflow as tf
from sacrebleu.metrics import BLEU
from untrained_run import make_untrained_run

from apps.translation.answering.answer import translate_all
from apps.translation.scoring.scores import signatures
from shared.testing.cli import run_cli

GOOD = ["She is old.", "Do you see an old owl?", "We sing."]
# What a file may hold, and what is said of it; None is answered.
LINES = {
    b"": "white space",
    b"  \t ": "white space",
    b"caf\xe9 is old.": "0xe9 at column 4",
    b"\xff\xfeS\x00h\x00e\x00": "Expected UTF-8",
    b"She\x00is old.": "NUL",
    "\u4e2d\u6587\U0001f600".encode(): None,
    "\u200b\u00ad\u2060".encode(): None,
    b"She\tis\told.": None,
    b"She is old. " * 90_000: None,
    b"x" * 1_000_000: None,
    "\ufeffShe is old.".encode(): None,
}
METRICS = ("BLEU", "bleu_lowercased_tokenised", "chrF", "TER")


@pytest.fixture(scope="module", autouse=True)
def eagerly():
    """Compiles nothing: every command makes a search of its own, and each is run once."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_untrained_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(autouse=True)
def runs(bundle, monkeypatch):
    """Two runs, "a" and "b", of which the second translates the other way round as badly."""
    import keras

    keras.utils.set_random_seed(2)
    other = replace(bundle, model=bundle.app.build_model(bundle.config, bundle.preprocessing))
    found = {"a": bundle, "b": replace(other, memo={})}
    monkeypatch.setattr("shared.predict.open_answerer", lambda app, model: found[model])
    monkeypatch.setattr("shared.bundle.load_of", lambda app, path: found[str(path)])
    return found


def verb(name, *arguments, **options):
    return run_cli("translation", name, *arguments, **options)


def test_odd_lines_are_answered_or_refused_and_harm_no_other(tmp_path, runs):
    lines = [part for line in LINES for part in (line, GOOD[0].encode())]
    (tmp_path / "in.txt").write_bytes(b"\n".join(lines) + b"\n")
    said = verb("predict", "a", "--input", tmp_path / "in.txt", "--format", "json")
    assert said.code == 0, said.err
    answers = [json.loads(line) for line in said.out.splitlines()]
    assert len(answers) == len(lines)
    (alone,) = runs["a"].predict(GOOD[:1])
    for one, refusal in zip(answers[::2], LINES.values(), strict=True):
        assert ("error" in one) == (refusal is not None)
        assert refusal is None or (refusal in one["error"] and "\n" not in one["error"])
    assert {one["answer"] for one in answers[1::2]} == {alone["answer"]}
    # Tabs and the mark of a byte order are nothing to translate.
    alike = [list(LINES).index(line) for line in (b"She\tis\told.", b"\xef\xbb\xbfShe is old.")]
    assert {answers[2 * place]["answer"] for place in alike} == {alone["answer"]}


def test_arguments_a_file_and_stdin_are_answered_alike_and_in_order(tmp_path):
    (tmp_path / "in.txt").write_text("\n".join(GOOD) + "\n")
    flags = ("--n-best", 2, "--alignments")
    by_line = verb("predict", "a", *GOOD, *flags)
    assert by_line.code == 0, by_line.err
    assert by_line == verb("predict", "a", "--input", tmp_path / "in.txt", *flags)
    assert by_line == verb("predict", "a", *flags, stdin=(tmp_path / "in.txt").read_bytes())
    assert "alignments" not in verb("predict", "a", GOOD[0]).out


def test_the_n_best_stand_one_a_line_with_their_score():
    line = ("predict", "a", *GOOD, "--n-best", 3, "--alignments")
    results = [json.loads(one) for one in verb(*line, "--format", "json").out.splitlines()]
    rows = iter(verb(*line).out.splitlines())
    for result in results:
        assert next(rows).startswith(" ".join(result["answer"].split()))
        for one in result["translations"]:
            assert next(rows).rstrip() == f"    {one['score']:.4f}  {one['translation']}".rstrip()
        for side in ("source", "target"):
            pieces = result["alignment"][f"{side}_tokens"]
            assert next(rows) == f"    {side}: {' '.join(pieces)}"
    assert next(rows, None) is None


def test_impossible_flags_end_with_one_sentence():
    for flags in (("--n-best", 9), ("--top-k", 3), ("--sample", "--beam-width", 2)):
        said = verb("predict", "a", *GOOD, *flags)
        assert said.code == 2 and not said.out
        assert said.err.startswith("error: Expected ") and said.err.count("\n") == 1


def test_what_is_too_long_is_cut_and_told():
    long = "Do you see an old owl? " * 40
    said = verb("predict", "a", GOOD[0], long, "--format", "json")
    assert [json.loads(line)["truncated"] for line in said.out.splitlines()] == [False, True]
    assert said.err.startswith("Only the beginning was translated of 1 of the sentences")
    assert said.err.count("\n") == 1
    shown = verb("predict", "a", GOOD[0], long).out.splitlines()
    assert "truncated" not in shown[0] and shown[1].endswith("truncated: yes")
    assert not verb("predict", "a", *GOOD).err


def test_evaluate_tells_how_it_counted():
    told = {f"{name}_signature": text for name, text in signatures("fr").items()}
    scores = json.loads(verb("evaluate", "a", "--format", "json").out)
    assert {name: scores[name] for name in told} == told
    assert set(scores) == {"bleu", "bleu_lowercased_tokenised", "chrf", "ter", *told}
    assert f"bleu_signature\t{told['bleu_signature']}\n" in (
        verb("evaluate", "a", "--format", "tsv").out
    )


def test_a_report_is_of_the_runs_own_translations(runs):
    run = runs["a"]
    pairs = run.app.load_data(run.config).test
    said = verb("report", "a", "--split", "test", "--worst", 3, "--format", "json")
    assert said.code == 0, said.err
    report = json.loads(said.out)
    ours = translate_all(run, [pair.source for pair in pairs])
    bleu = BLEU().corpus_score(ours, [[pair.target for pair in pairs]]).score
    assert report["scores"]["bleu"] == pytest.approx(bleu)
    assert sum(one["sentences"] for one in report["by_length"]) == len(pairs)
    assert len(report["worst"]) == 3
    for one in report["worst"]:
        place = one["number"] - 1
        assert (one["source"], one["reference"]) == tuple(pairs[place])
        assert one["translation"] == ours[place]
    shown = verb("report", "a", "--split", "test", "--worst", 3).out
    for one in report["worst"]:
        assert f"    reference    {one['reference']}\n" in shown
    assert "source words" in shown and signatures("fr")["bleu"] in shown
    assert verb("report", "a", "--worst", -1).code == 2


def test_a_report_on_training_data_is_refused():
    said = verb("report", "a", "--split", "train")
    assert said.code == 2 and "was trained on" in said.err and not said.out


def test_a_comparison_names_the_better_run():
    line = ("compare", "a", "b", "--samples", 50)
    found = json.loads(verb(*line, "--format", "json").out)
    shown = verb(*line).out
    assert found["runs"] == ["a", "b"] and set(found) == {"runs", *METRICS}
    for name in METRICS:
        first, second = found[name]["scores"]
        assert f"{first:.2f} [" in shown and f"{second:.2f} [" in shown
        assert found[name]["verdict"] in shown and found[name]["signature"] in shown
        if found[name]["p_value"] < 0.05 and first != second:
            better = "b" if (second > first) != (name == "TER") else "a"
            assert f"{name}: {better} is better by {abs(first - second):.2f}" in shown
        else:
            assert f"{name}: no difference" in shown
    same = verb("compare", "a", "a", "--samples", 50).out
    assert same.count("no difference that could not be chance (p = 1.000)") == 4


def test_a_picture_is_drawn_and_the_answers_are_printed(tmp_path):
    path = tmp_path / "attention.png"
    said = verb("predict", "a", *GOOD, "", "--plot", path)
    assert said.code == 0 and said.out.count("\n") == 4
    assert path.read_bytes().startswith(b"\x89PNG")
