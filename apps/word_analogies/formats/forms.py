"""Vectors in and out: recognises a file's format by its content, and writes the one asked for."""

from pathlib import Path, PurePosixPath
from typing import Literal, get_args

from apps.word_analogies.formats.binary import read_binary, write_binary
from apps.word_analogies.formats.projector import (
    METADATA,
    VECTORS,
    is_projector,
    read_projector,
    write_projector,
)
from apps.word_analogies.formats.rows import header_of
from apps.word_analogies.formats.text import read_text, write_text_vectors
from apps.word_analogies.testsets.pairs import is_numeric
from apps.word_analogies.vectors import WordVectors
from shared.data.limits import SUFFIXES
from shared.data.sources import Source, SourceFile, open_source
from shared.errors import DataError, nearest

Form = Literal["word2vec", "word2vec-binary", "glove", "fasttext", "projector"]
FORMS: tuple[str, ...] = get_args(Form)

HEAD_BYTES = 2**14
# No line of a text has so many numbers by chance.
FEWEST = 8
# Beginnings of binary files that people take for vectors, and what to do about them.
OTHER_FILES = {
    b"\xba\x16\x4f\x2f": "a model of fastText; give the .vec file that lies beside it",
    b"\x80": "a pickle, which is never read; write it in word2vec's format where it was made",
    b"\x93NUMPY": "a numpy array without words; write it in word2vec's format",
}


def read_vectors(path: Path | str, *, limit: int | None = None) -> WordVectors:
    """Reads word vectors in any of the formats of `FORMS`, also compressed.

    Args:
        path: a file; a folder or archive that holds one, or a projector's two files.
        limit: words to read at most, from the beginning; all by default.

    Raises:
        DataError: it is none of these, was cut, or has mistakes, which are listed.
    """
    if limit is not None and limit < 1:
        raise DataError(f"Expected a limit of at least 1 word, received {limit}.")
    source = open_source(path)
    if source.kind == "file":
        if is_projector(source.path.name):
            return read_projector(_pair(source.path.parent), limit=limit)
        names = [source.path.name]
    else:
        names = source.names()
        if any(is_projector(name) for name in names):
            return read_projector(source, limit=limit)
        if len(names) != 1:
            raise DataError(
                f"Expected one file of vectors in {source.path.name}, received {len(names)}; "
                "unpack it and give one of them."
            )
    for file in source.files():
        return _read(file, limit)
    raise DataError(f"Expected a file of vectors in {source.path.name}, received none.")


def _pair(folder: Path) -> Source:
    """Returns the two files of a projector as a source, whatever else is in their folder."""
    found = [open_source(folder / name) for name in (VECTORS, METADATA)]
    return Source(folder, "folder", lambda: (e for one in found for e in one.entries()))


def _read(file: SourceFile, limit: int | None) -> WordVectors:
    head = file.stream.peek(HEAD_BYTES)[:HEAD_BYTES]  # type: ignore[attr-defined]
    for start, what in OTHER_FILES.items():
        if head.startswith(start):
            raise DataError(f"Expected word vectors in {file.label}, received {what}.")
    read = read_binary if _is_binary(head) else read_text
    return read(file.stream, label=file.label, limit=limit)


def _is_binary(head: bytes) -> bool:
    """Says whether a header is followed by a word and binary numbers, not by text."""
    first, _, rest = head.partition(b"\n")
    header = header_of(first.decode("ascii", "replace"))
    if header is None:
        return False
    numbers = rest.partition(b" ")[2]
    cell = numbers.split(maxsplit=1)[0] if numbers.split(maxsplit=1) else b""
    try:
        float(cell[:64])
    except ValueError:
        # The first word of a text may hold spaces, so no number need follow the first of them;
        # bytes of float32 numbers are never printable text for long.
        sample = numbers[: 4 * header.size]
        return any(byte < 32 and byte not in b"\t\r\n" for byte in sample) or not _is_utf8(sample)
    return False


def _is_utf8(sample: bytes) -> bool:
    try:
        sample.decode("utf-8")
    except UnicodeDecodeError as error:
        # A letter that is cut at the end of the sample is no mistake.
        return error.start >= len(sample) - 3
    return True


def looks_like_vectors(path: Path) -> bool:
    """Says whether a file begins like a text of word vectors: words, each with many numbers."""
    opened = open_source(path)
    if opened.kind != "file":
        return False
    for file in opened.files():
        head = file.stream.peek(HEAD_BYTES)[:HEAD_BYTES]  # type: ignore[attr-defined]
        lines = head.decode("utf-8", "replace").split("\n")[1:3]
        return bool(lines) and all(_many_numbers(line.split()[1:]) for line in lines)
    return False


def _many_numbers(cells: list[str]) -> bool:
    # The second cell of a line may still belong to the word.
    return len(cells) >= FEWEST and all(map(is_numeric, cells[1:FEWEST]))


def write_vectors(vectors: WordVectors, path: Path, form: str) -> None:
    """Writes word vectors; a file is whole or not there.

    Args:
        vectors: what is written.
        path: a file; for "projector" a folder.
        form: one of `FORMS`. "glove" has no header; "fasttext" is the text of a `.vec` file,
            which is that of "word2vec".

    Raises:
        DataError: an unknown format, a name that promises compression, or words that the format
            cannot hold.
    """
    path = Path(path)
    if form not in FORMS:
        raise DataError(f"Expected a format of vectors, received {form!r}.{nearest(form, FORMS)}")
    if path.suffix in SUFFIXES or PurePosixPath(path).suffix == ".zip":
        raise DataError(
            f"Expected a name without {path.suffix}, received {path.name!r}; vectors are written "
            "uncompressed."
        )
    if form == "projector":
        write_projector(vectors, path)
    elif form == "word2vec-binary":
        write_binary(vectors, path)
    else:
        write_text_vectors(vectors, path, header=form != "glove", form=form)
