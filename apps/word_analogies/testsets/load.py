"""Reads a test set from a file, a folder, an archive, or what comes with gensim.

Here the user has called the source a test set, so what does not fit is told;
`apps.word_analogies.testsets.recognise` asks the question whether it is one.
"""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from apps.word_analogies.testsets.kinds import HEAD_BYTES, kind_of
from apps.word_analogies.testsets.pairs import read_pairs
from apps.word_analogies.testsets.questions import read_question_answer, read_questions
from apps.word_analogies.testsets.sets import AnalogySet, PairSet, TestSet
from shared.data.lines import Problems, read_lines
from shared.data.sources import Source, SourceFile, open_source
from shared.errors import DataError, nearest

GENSIM = "gensim:"
BUILTIN = ("questions-words.txt", "simlex999.txt", "wordsim353.tsv")
QUESTIONS, ANSWERS = ".questions", ".answers"


def builtin(name: str) -> TestSet:
    """Returns a test set that comes with gensim.

    Args:
        name: one of `BUILTIN`, with or without "gensim:" before it.

    Raises:
        DataError: there is none of that name.
    """
    from gensim.test.utils import datapath

    short = name.removeprefix(GENSIM)
    if short not in BUILTIN:
        raise DataError(
            f"Expected a test set that comes with gensim, received {name!r}."
            f"{nearest(short, BUILTIN)}"
        )
    return load_test_set(datapath(short))


def load_test_sets(sources: Iterable[str | Path]) -> tuple[TestSet, ...]:
    """Reads several test sets; see `load_test_set`."""
    return tuple(load_test_set(source) for source in sources)


def load_test_set(source: str | Path) -> TestSet:
    """Reads a test set.

    Args:
        source: "gensim:NAME", a file, a folder or an archive; of Microsoft's two files (questions
            and answers) either, or the folder or archive that holds both.

    Raises:
        DataError: it holds none, or lists what is wrong with it.
    """
    if str(source).startswith(GENSIM):
        return builtin(str(source))
    opened = open_source(source)
    if opened.kind == "file":
        suffix = opened.path.suffix
        if suffix in (QUESTIONS, ANSWERS):
            pair = [open_source(opened.path.with_suffix(end)) for end in (QUESTIONS, ANSWERS)]
            return _question_answer(pair, [one.path.name for one in pair])
        return _one_file(opened)
    names = data_names(opened)
    pairs = question_answer_names(names)
    if len(pairs) == 1:
        return _question_answer([opened, opened], pairs[0])
    if len(names) == 1:
        return _one_file(opened)
    raise DataError(
        f"Expected one test set in {opened.path.name}, received {len(names)} files; give them "
        "one by one."
    )


def data_names(source: Source) -> list[str]:
    """Returns the names of the files of a folder or archive, without notes such as a README."""
    notes = ("readme", "license", "licence")
    return [name for name in source.names() if PurePosixPath(name).stem.lower() not in notes]


def question_answer_names(names: list[str]) -> list[list[str]]:
    """Returns the [questions, answers] files that belong together."""
    stems = [name.removesuffix(QUESTIONS) for name in names if name.endswith(QUESTIONS)]
    return [[stem + QUESTIONS, stem + ANSWERS] for stem in stems if stem + ANSWERS in names]


def _question_answer(sources: list[Source], names: list[str]) -> AnalogySet:
    stem = PurePosixPath(names[0]).stem
    problems = (Problems(names[0]), Problems(names[1]))
    questions, answers = (
        list(read_lines(file.stream, problem))
        for source, name, problem in zip(sources, names, problems, strict=True)
        for file in source.files(name.__eq__)
    )
    sections = read_question_answer(questions, answers, problems=problems, label=stem)
    if not sections:
        raise DataError(f"Expected questions in {names[0]}, received none; give another file.")
    return AnalogySet(stem, sections)


def _one_file(source: Source) -> TestSet:
    notes = () if source.kind == "file" else data_names(source)
    for file in source.files(lambda name: not notes or name in notes):
        return _read(file)
    raise DataError(f"Expected a test set in {source.path.name}, received no file.")


def _read(file: SourceFile) -> TestSet:
    name, problems = PurePosixPath(file.name).stem, Problems(file.label)
    kind = kind_of(file.stream.peek(HEAD_BYTES), careful=False)  # type: ignore[attr-defined]
    lines = read_lines(file.stream, problems)
    found: TestSet
    if kind == "pairs":
        found = PairSet(name, read_pairs(lines, problems))
    else:
        found = AnalogySet(name, read_questions(lines, problems))
    problems.raise_any()
    if not len(found):
        raise DataError(
            f'Expected a test set in {file.label} ("a b c d" or "word word number" a line), '
            "received no such line; give another file."
        )
    return found
