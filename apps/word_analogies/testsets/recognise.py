"""Tells test sets from text to train on, so that both can be given as the same SOURCE.

A test set that were trained on would spoil every score, and text that were taken for a test set
could not be trained on; the content decides, never the name.
"""

from pathlib import Path
from typing import IO, cast

from apps.word_analogies.testsets.kinds import HEAD_BYTES, kind_of
from apps.word_analogies.testsets.load import (
    ANSWERS,
    BUILTIN,
    GENSIM,
    QUESTIONS,
    builtin,
    data_names,
    load_test_set,
    question_answer_names,
)
from apps.word_analogies.testsets.sets import TestSet
from shared.data.sources import Source, open_source

# A test set is small; a larger archive is not read through in search of one.
MAX_ARCHIVE_BYTES = 16 * 2**20


def recognise(source: str | Path) -> TestSet | None:
    """Reads a source if it is a test set, and returns None if it looks like anything else.

    Recognised are questions in sections, questions with tags, Microsoft's two files, and pairs
    with a number; alone, or as the only data in a folder or archive.

    Args:
        source: "gensim:NAME", a file, a folder or an archive.

    Raises:
        DataError: it cannot be opened, or it is a test set with mistakes.
    """
    if str(source).startswith(GENSIM):
        name = str(source).removeprefix(GENSIM)
        return builtin(name) if name in BUILTIN else None
    opened = open_source(source)
    return load_test_set(source) if _is_test_set(opened) else None


def _is_test_set(source: Source) -> bool:
    if source.kind == "file":
        return source.path.suffix in (QUESTIONS, ANSWERS) or _fits(source, [])
    if source.kind != "folder" and source.path.stat().st_size > MAX_ARCHIVE_BYTES:
        return False
    names = data_names(source)
    return len(question_answer_names(names)) == 1 or (len(names) == 1 and _fits(source, names))


def _fits(source: Source, names: list[str]) -> bool:
    for file in source.files(lambda name: not names or name in names):
        return kind_of(cast(IO[bytes], file.stream).peek(HEAD_BYTES)) is not None  # type: ignore[attr-defined]
    return False
