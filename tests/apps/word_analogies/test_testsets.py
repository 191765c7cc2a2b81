"""Test sets in their published formats, recognised by content, and how mistakes are named."""

import gzip
import zipfile
from pathlib import Path

import pytest

from apps.word_analogies.testsets import (
    AnalogySet,
    PairSet,
    builtin,
    load_test_set,
    load_test_sets,
    recognise,
)
from shared.errors import DataError

QUESTION = ("king", "queen", "man", "woman")


def write(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_those_that_come_with_gensim():
    questions, simlex, wordsim = load_test_sets(
        ["gensim:questions-words.txt", "gensim:simlex999.txt", "gensim:wordsim353.tsv"]
    )
    assert isinstance(questions, AnalogySet)
    assert (len(questions), len(questions.sections), questions.repeated) == (19544, 14, 171)
    assert len(questions.sections["family"]) == 506
    assert questions.questions[0] == ("Athens", "Greece", "Baghdad", "Iraq")
    assert isinstance(simlex, PairSet)
    assert (len(simlex), simlex.pairs[0]) == (999, ("old", "new", 1.58))
    # "money cash" stands in WordSim-353 twice.
    assert (len(wordsim), wordsim.repeated, wordsim.pairs[2]) == (353, 2, ("tiger", "tiger", 10.0))
    assert repr(questions) == repr(builtin("questions-words.txt"))
    assert recognise("gensim:wordsim353.tsv") == wordsim
    assert recognise("gensim:lee_background.cor") is None
    with pytest.raises(DataError, match=r"'gensim:simlex\.txt'\. Did you mean 'simlex999\.txt'"):
        load_test_set("gensim:simlex.txt")


GOOGLE = (
    "//Copyright\n: family\nking queen man woman\n: tense\ngo went  see saw\n: family\na b c d\n"
)


def test_questions_in_sections(tmp_path):
    path = write(tmp_path, "word-test.v1.txt.gz", gzip.compress(GOOGLE.encode()))
    for found in (load_test_set(path), recognise(path)):
        assert found == AnalogySet(
            "word-test.v1",
            {"family": [QUESTION, ("a", "b", "c", "d")], "tense": [("go", "went", "see", "saw")]},
        )


def test_the_digest_follows_the_content():
    first, second = AnalogySet("x", {"s": [QUESTION]}), AnalogySet("x", {"t": [QUESTION]})
    assert first.sha256 != second.sha256
    assert repr(first) != repr(second)
    assert AnalogySet("x", {"s": [QUESTION, QUESTION]}).repeated == 1


def test_questions_with_tags(tmp_path):
    path = write(tmp_path, "msr.txt", "good better rough rougher JJ_JJR\nsee saw go went VB_VBD\n")
    assert recognise(path) == AnalogySet(
        "msr",
        {
            "JJ_JJR": [("good", "better", "rough", "rougher")],
            "VB_VBD": [("see", "saw", "go", "went")],
        },
    )


@pytest.mark.parametrize("form", ["questions", "answers", "folder", "zip"])
def test_questions_beside_answers(tmp_path, form):
    folder = tmp_path / "test_set"
    questions = "good better rough\nsee saw go\n"
    path = write(folder, "word_relationship.questions", questions)
    write(folder, "word_relationship.answers", "JJ_JJR rougher\nVB_VBD went\n")
    write(folder, "README.txt", "About these files.")
    source = folder if form == "folder" else path.with_suffix(f".{form}")
    if form == "zip":
        with zipfile.ZipFile(source, "w") as archive:
            for file in sorted(folder.glob("[Rw]*")):
                if file.suffix != ".zip":
                    archive.write(file, f"test_set/{file.name}")
    for found in (load_test_set(source), recognise(source)):
        assert found is not None
        assert found.name == "word_relationship"
        assert found.sections == {
            "JJ_JJR": [("good", "better", "rough", "rougher")],
            "VB_VBD": [("see", "saw", "go", "went")],
        }


PAIRS = {
    "SimLex-999.txt": "word1\tword2\tPOS\tSimLex999\tc\nold\tnew\tA\t1.58\t2\nbad\till\tA\t5\t1\n",
    "combined.csv": "Word 1,Word 2,Human (mean)\r\nold,new,1.58\r\nbad,ill,5\r\n",
    "quoted.csv": '"old";"new";"1.58"\n"bad";"ill";"5.0"\n',
    "plain.txt": "# comment\nold new 1.58\n\nbad  ill 5\n",
    "headed.txt": "a b score\nold new 1.58\nbad ill 5e0",
}


@pytest.mark.parametrize("name", PAIRS)
def test_pairs_however_separated(tmp_path, name):
    path = write(tmp_path, name, PAIRS[name])
    for found in (load_test_set(path), recognise(path)):
        assert found == PairSet(Path(name).stem, [("old", "new", 1.58), ("bad", "ill", 5.0)])


@pytest.mark.parametrize(
    "text",
    [
        "the cat sat down\nthe dog ran off\n",
        "the cat sat\non the mat\n",
        "in chapter 4\nthe cat sat\nthere were 12\nand more\n",
        ": a line of text that begins oddly\nmore text\n",
        "\x00\x01binary",
        b"\xff\xfe\x00",
        "{}",
        "no end",
        "# only a comment\n",
        # Vectors in text form are no pairs.
        "king 0.1 0.2\nqueen 0.3 0.4\n",
    ],
)
def test_text_to_train_on_is_no_test_set(tmp_path, text):
    assert recognise(write(tmp_path, "text", text)) is None


def test_a_folder_of_texts_is_no_test_set(tmp_path):
    write(tmp_path, "a.txt", GOOGLE)
    write(tmp_path, "b.txt", "the cat sat down\n")
    assert recognise(tmp_path) is None
    with pytest.raises(DataError, match="received 2 files; give them one by one"):
        load_test_set(tmp_path)
    (tmp_path / "b.txt").unlink()
    assert recognise(tmp_path) == load_test_set(tmp_path / "a.txt")


def test_four_plain_words_are_questions_when_called_so(tmp_path):
    path = write(tmp_path, "mine.txt", "king queen man woman\n")
    assert load_test_set(path) == AnalogySet("mine", {"all": [QUESTION]})
    assert recognise(path) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (": s\na b c d\na b c\n:\na b c d e\n", "3 problems in x.txt: line 3: expected four words"),
        (": s\na b c d\na b c\n", "x.txt, line 3: expected four words, received 3: 'a b c'"),
        (": s\na b c d\n: \n", "x.txt, line 3: expected the name of a section"),
        (b": s\na b c d\n\xe9t\xe9 b c d\n", "x.txt, line 3: expected UTF-8"),
        ("a\tb\t1\na\tb\tnan\n", "x.txt, line 2: expected two words and a similarity in 3 columns"),
        ("a\tb\t1\na\t\t2\na\tb\n", "2 problems in x.txt: line 2"),
        ("a\tb\t1\na\tb\t2\t3\n", "x.txt, line 2: expected two words and a similarity"),
        ("# nothing\n", "received no such line"),
        ("one two three\n", "x.txt, line 1: expected four words"),
    ],
)
def test_mistakes_are_told_together(tmp_path, text, said):
    with pytest.raises(DataError) as error:
        load_test_set(write(tmp_path, "x.txt", text))
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("questions", "answers", "said"),
    [
        ("a b c\nd e f\n", "T_T x\n", "one answer for each of 2 questions in q, received 1"),
        ("a b\n", "T_T x\n", "q.questions, line 1: expected three words"),
        ("a b c\n", "x y z\n", "q.answers, line 1: expected a tag and a word"),
        ("// nothing\n", "// nothing\n", "Expected questions in q.questions, received none"),
    ],
)
def test_mistakes_of_two_files(tmp_path, questions, answers, said):
    path = write(tmp_path, "q.questions", questions)
    write(tmp_path, "q.answers", answers)
    with pytest.raises(DataError) as error:
        load_test_set(path)
    assert said in str(error.value)


def test_questions_without_their_answers(tmp_path):
    path = write(tmp_path, "q.questions", "a b c\n")
    with pytest.raises(DataError, match=r"q\.answers"):
        load_test_set(path)
