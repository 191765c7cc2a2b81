"""The commands of this app alone, from vectors that were made elsewhere."""

import json

import numpy as np
import pytest
from gensim.models import KeyedVectors
from PIL import Image

from apps.word_analogies.audit.lists import load_lists
from apps.word_analogies.vectors import vectors_of_bundle
from shared.bundle import load
from shared.files import sha256
from shared.testing.cli import run_cli

SIZE = 12


def verb(name, *arguments):
    return run_cli("word-analogies", name, *arguments)


def keyed(words, *, seed=0, axis=()):
    """Random vectors; the first of each pair of `axis` is moved one way, the second the other."""
    matrix = np.random.default_rng(seed).normal(size=(len(words), SIZE)).astype(np.float32)
    place = {word: row for row, word in enumerate(words)}
    for pair in axis:
        for word, way in zip(pair, (3, -3), strict=True):
            if word in place:
                matrix[place[word], 0] += way
    vectors = KeyedVectors(SIZE)
    vectors.add_vectors(list(words), matrix)
    return vectors


def assert_picture(path):
    with Image.open(path) as image:
        assert len(image.convert("RGB").getcolors(1 << 24)) > 10


@pytest.fixture(scope="module")
def lists():
    return load_lists("en")


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory, lists):
    """A file of vectors of words that audit and test sets know, and of others."""
    tests = [word for test in lists.weat for word in test.words()]
    words = [*lists.specific, *lists.names, *lists.professions, *tests, "breakfast", "cereal"]
    letters = "abcdefghijklmnopqrstuvwxyz"
    words += [f"zq{one}{other}" for one in letters for other in letters[:20]]
    vectors = keyed(sorted(set(words)), axis=lists.gender_pairs)
    path = tmp_path_factory.mktemp("elsewhere") / "vectors.bin"
    vectors.save_word2vec_format(str(path), binary=True)
    return path, vectors


@pytest.fixture(scope="module")
def run(elsewhere, tmp_path_factory):
    out = tmp_path_factory.mktemp("imported") / "run"
    said = verb("import-vectors", elsewhere[0], "--out", out)
    assert said.code == 0, said.err
    return out


def test_an_import_holds_the_vectors_and_answers_as_gensim(run, elsewhere):
    path, reference = elsewhere
    bundle = load(run)
    vectors = vectors_of_bundle(bundle)
    assert list(vectors.words) == reference.index_to_key
    np.testing.assert_allclose(vectors.matrix, reference.vectors, rtol=1e-5, atol=1e-6)
    (result,) = bundle.predict(["king - man + woman"])
    expected = reference.most_similar(positive=["king", "woman"], negative=["man"])
    assert [one["word"] for one in result["neighbours"]] == [word for word, _ in expected]
    (part,) = bundle.manifest["data"]["parts"]
    assert part["sha256"] == sha256(path) and part["examples"] == len(vectors)
    assert bundle.manifest["scores"]["questions-words/coverage_percent"] > 0


def test_an_import_is_exported_verified_and_asked(run, tmp_path):
    said = run_cli("word-analogies", "export", run, "--to", tmp_path)
    assert said.code == 0, said.err
    model = tmp_path / "word_analogies"
    said = run_cli("word-analogies", "verify", model)
    assert said.code == 0, said.err
    answers = []
    for place in (run, model):
        said = run_cli("word-analogies", "predict", place, "king - man + woman", "--format", "json")
        assert said.code == 0, said.err
        answers.append(json.loads(said.out)["answer"])
    assert answers[0] == answers[1]


# gensim leaves a file open that it reads twice.
@pytest.mark.filterwarnings(
    "ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.parametrize("form", ["word2vec", "word2vec-binary", "glove", "fasttext", "projector"])
def test_what_is_exported_is_read_by_gensim_and_imported_again(run, tmp_path, form):
    to = tmp_path / "exported"
    said = verb("export-vectors", run, "--to", to, "--form", form)
    assert said.code == 0, said.err
    before = vectors_of_bundle(load(run))
    if form != "projector":
        read = KeyedVectors.load_word2vec_format(
            str(to), binary=form == "word2vec-binary", no_header=form == "glove"
        )
        assert read.index_to_key == list(before.words)
        np.testing.assert_array_equal(read.vectors, before.matrix)
    if form in ("word2vec-binary", "projector"):
        said = verb("import-vectors", to, "--out", tmp_path / "again", "--limit", 50)
        assert said.code == 0, said.err
        after = vectors_of_bundle(load(tmp_path / "again"))
        assert after.words == before.words[:50]
        np.testing.assert_allclose(after.matrix, before.matrix[:50], rtol=1e-6)


def test_words_with_case_keep_it(tmp_path):
    keyed(["Paris", "paris", "Rome", "zzyzx"]).save_word2vec_format(str(tmp_path / "cased.txt"))
    said = verb("import-vectors", tmp_path / "cased.txt", "--out", tmp_path / "run")
    assert said.code == 0, said.err
    bundle = load(tmp_path / "run")
    assert not bundle.preprocessing.lower and not bundle.config.text.lower
    one, other = bundle.predict(["Paris ~ paris", "ROME"])
    assert abs(one["similarity"]) < 0.999
    assert other["unknown_words"] == ["ROME"]
    # Lower-case vectors answer whatever the case.
    keyed(["paris", "rome", "éire"]).save_word2vec_format(str(tmp_path / "lower.txt"))
    said = verb("import-vectors", tmp_path / "lower.txt", "--out", tmp_path / "other")
    assert said.code == 0, said.err
    assert "error" not in load(tmp_path / "other").predict(["PARIS + ÉIRE"])[0]


def test_an_import_goes_on_with_text(run, tmp_path):
    (tmp_path / "text.txt").write_text("the king met a grimbel and the grimbel met a king\n" * 5)
    said = run_cli(
        "word-analogies", "train", "--preset", "smoke", "--data", tmp_path / "text.txt",
        "--vectors.start", run, "--vectors.size", SIZE, "--vectors.trainer", "gensim",
        "--training.epochs", 1, "--out", tmp_path / "run",
    )  # fmt: skip
    assert said.code == 0, said.err
    assert {"grimbel", "king", "zqaa"} <= set(load(tmp_path / "run").preprocessing.words)


def test_an_audit_writes_its_report_its_numbers_and_a_run(run, tmp_path, lists):
    report, numbers, out = tmp_path / "a.html", tmp_path / "a.json", tmp_path / "debiased"
    said = verb(
        "audit", run, "--report", report, "--json", numbers, "--debiased", out, "--limit", 3000
    )
    assert said.code == 0, said.err
    found = json.loads(numbers.read_text())
    assert "<html" in report.read_text() and "base64" in report.read_text()
    assert found["direct_bias"]["before"] > 0.05
    assert found["direct_bias"]["after"] == pytest.approx(0, abs=1e-5)
    assert f"-> {found['direct_bias']['after']:.4g}" in said.out
    # The run holds the de-biased vectors: a profession is as near to one side as to the other.
    vectors = vectors_of_bundle(load(out))
    unit = {word: vectors.unit[vectors.index[word]] for word in vectors.words}
    neutral = [word for word in lists.neutral if word in unit]
    one, other = next(pair for pair in lists.equalise_pairs if set(pair) <= set(unit))
    gaps = [unit[word] @ (unit[one] - unit[other]) for word in neutral]
    np.testing.assert_allclose(gaps, 0, atol=1e-4)
    before = vectors_of_bundle(load(run))
    assert vectors.words == before.words
    assert verb("picture", out, "king", "queen", "nurse", "--to", tmp_path / "x.png").code == 0


def test_a_folder_in_use_is_refused_before_anything_is_computed(run, tmp_path, monkeypatch):
    from apps.word_analogies.audit import audit as module

    monkeypatch.setattr(module, "audit", lambda *a, **k: pytest.fail("computed"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    report = tmp_path / "a.html"
    said = verb("audit", run, "--report", report, "--debiased", tmp_path / "full")
    assert said.code == 2 and "not empty" in said.err
    assert not report.exists() and [path.name for path in tmp_path.iterdir()] == ["full"]
    said = verb("import-vectors", tmp_path / "nothing.txt", "--out", tmp_path / "full")
    assert said.code == 2 and "not empty" in said.err


def test_vectors_without_a_gendered_word_are_no_audit(tmp_path):
    keyed([f"w{n}" for n in range(30)]).save_word2vec_format(str(tmp_path / "v.txt"))
    said = verb("import-vectors", tmp_path / "v.txt", "--out", tmp_path / "run")
    assert said.code == 0 and "not scored" in said.err
    said = verb("audit", tmp_path / "run", "--report", tmp_path / "a.html")
    assert said.code == 2, said.err
    assert "Traceback" not in said.err
    told = [line for line in said.err.splitlines() if line.startswith("error:")]
    assert len(told) == 1 and "pair" in told[0]
    assert not (tmp_path / "a.html").exists()


def test_pictures_are_drawn(run, tmp_path):
    to = tmp_path / "map.png"
    said = verb("picture", run, "king", "queen", "breakfast", "zzyzx", "--to", to)
    assert said.code == 0, said.err
    assert "Not in the vocabulary: zzyzx" in said.err
    assert_picture(to)
    to = tmp_path / "analogy.png"
    said = verb("picture", run, "man", "king", "woman", "--kind", "analogy", "--to", to)
    assert said.code == 0, said.err
    (result,) = load(run).predict(["king - man + woman"])
    assert said.out.strip() == result["answer"]
    assert_picture(to)


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("king", "queen", "--kind", "analogy"), "three words"),
        (("king", "zzyzx", "woman", "--kind", "analogy"), "zzyzx"),
        (("zzyzx", "quuxuu", "king"), "known words for a map"),
    ],
)
def test_pictures_of_nothing_are_refused(run, tmp_path, arguments, said):
    found = verb("picture", run, *arguments, "--to", tmp_path / "x.png")
    assert found.code == 2 and said in found.err and "Traceback" not in found.err
    assert not (tmp_path / "x.png").exists()


@pytest.mark.parametrize("content", ["", "king 1 2\nqueen 1\n", "2 2\nking 1 nan\nqueen 1 2\n"])
def test_damaged_vectors_are_refused(tmp_path, content):
    (tmp_path / "v.txt").write_text(content)
    said = verb("import-vectors", tmp_path / "v.txt", "--out", tmp_path / "run")
    assert said.code == 2 and "Traceback" not in said.err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("words", [["[PAD]", "king", "queen"], ["king"]])
def test_words_that_no_run_can_hold_are_refused(tmp_path, words):
    keyed(words).save_word2vec_format(str(tmp_path / "v.txt"))
    said = verb("import-vectors", tmp_path / "v.txt", "--out", tmp_path / "run")
    assert said.code == 2, said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "run").exists()


def test_a_run_of_another_app_is_refused(tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    manifest = {"format": 1, "app": "memory_qa", "state": "complete", "data": {}, "history": []}
    (run / "manifest.json").write_text(json.dumps({**manifest, "files": {}}))
    for arguments in (("audit", run), ("picture", run, "king"), ("export-vectors", run)):
        to = ("--to", tmp_path / "x.png") if arguments[0] != "audit" else ()
        said = verb(*arguments, *to)
        assert said.code == 2 and "belongs to memory_qa" in said.err
