"""A corpus: files of text that are read anew, line by line, as often as it is asked for sentences.

It is the training part of the app's data. Opening one reads its bytes once for their digest, and
nothing more; memory does not grow with the text.
"""

import hashlib
import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import overload

from apps.word_analogies.corpus.text import first_problem, read_text
from apps.word_analogies.corpus.tokens import Tokeniser
from shared.data.limits import SUFFIXES
from shared.data.sources import Source, open_source
from shared.errors import DataError, nearest
from shared.files import sha256

GENSIM = "gensim:"
SHOWN_FILES = 5
_ABOUT = re.compile(r"(?i)(readme|licen[cs]e|notice)(\..*)?")


@dataclass(frozen=True)
class CorpusFile:
    """One file of a corpus; an archive counts as one.

    Args:
        name: inside the corpus.
        sha256: of its bytes as they lie on disk.
    """

    name: str
    sha256: str


class Corpus(Sequence[CorpusFile]):
    """The files of a corpus, and the text in them.

    Args:
        files: what the text came from.
        lines: yields the lines anew at each call, with None where a document ends.
        tokeniser: cuts a line.

    Example:
    >>> corpus = Corpus([CorpusFile("a", "00")], lambda: iter(["Sea. Sky!", None, "Sun"]))
    >>> list(corpus.sentences()), [list(document) for document in corpus.documents()]
    ([['sea'], ['sky'], ['sun']], [['Sea. Sky!'], ['Sun']])
    """

    def __init__(
        self,
        files: Sequence[CorpusFile],
        lines: Callable[[], Iterator[str | None]],
        *,
        tokeniser: Tokeniser | None = None,
    ) -> None:
        self._files = tuple(files)
        self._lines = lines
        self.tokeniser = tokeniser or Tokeniser()

    @overload
    def __getitem__(self, index: int) -> CorpusFile: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[CorpusFile]: ...
    def __getitem__(self, index: int | slice) -> CorpusFile | Sequence[CorpusFile]:
        return self._files[index]

    def __len__(self) -> int:
        return len(self._files)

    def __repr__(self) -> str:
        return f"Corpus({list(self._files)!r})"

    def sentences(self) -> Iterator[list[str]]:
        """Yields the words of each sentence, anew at each call.

        Raises:
            DataError: a file is damaged or is no text.
        """
        cut = self.tokeniser.sentences
        for line in self._lines():
            if line:
                yield from cut(line)

    def documents(self) -> Iterator[Iterator[str]]:
        """Yields the lines of each document, each good until the next is asked for."""
        for ends, lines in itertools.groupby(self._lines(), lambda line: line is None):
            if not ends:
                yield (line for line in lines if line is not None)


def open_corpus(source: str | Path, *, tokeniser: Tokeniser | None = None) -> Corpus:
    """Opens a file, folder or archive of text as a corpus.

    Folders and archives are read in the order of their names and members, without hidden files
    and those called README, LICENSE or NOTICE.

    Args:
        source: path of plain text or of what WikiExtractor wrote, also compressed; or
            "gensim:NAME", a corpus that comes with gensim.
        tokeniser: cuts a line; the usual one by default.

    Raises:
        DataError: it cannot be read, holds no file, or holds files that are no text.
    """
    if str(source).startswith(GENSIM):
        path = gensim_path(str(source))
    else:
        path = Path(source)
    opened = open_source(path)
    if opened.kind != "tar":
        _refuse_binary(opened)

    def lines() -> Iterator[str | None]:
        found = False
        for file in opened.files(lambda name: _wanted(opened, name)):
            found = True
            yield from read_text(file.stream, label=file.label)  # type: ignore[arg-type]
            yield None
        if not found:
            raise _nothing(opened)

    return Corpus(_files(opened), lines, tokeniser=tokeniser)


def gensim_path(source: str) -> Path:
    """Returns the file of gensim's own test data that "gensim:NAME" stands for.

    Raises:
        DataError: it has none of this name.
    """
    from gensim.test.utils import datapath

    name, folder = source.removeprefix(GENSIM), Path(datapath(""))
    # Compared with a listing, a name can lead nowhere else.
    names = [path.name for path in folder.iterdir() if path.is_file()]
    if name not in names:
        hint = nearest(name, names)
        known = [one for one in names if one.endswith(".cor")]
        raise DataError(
            f"Expected the name of a file that comes with gensim, received {name!r}."
            f"{hint if 'mean' in hint else nearest('', known)}"
        )
    return folder / name


def _wanted(source: Source, name: str) -> bool:
    return source.kind == "file" or not _ABOUT.fullmatch(PurePosixPath(name).name)


def _nothing(source: Source) -> DataError:
    return DataError(
        f"Expected files of text in {source.path}, received none; give a text file, or a folder "
        "or archive of them."
    )


def _files(source: Source) -> list[CorpusFile]:
    if source.kind != "folder":
        return [CorpusFile(source.path.name, sha256(source.path))]
    names, files = set(source.names()), []
    for name, opener in source.entries():
        suffix = PurePosixPath(name).suffix
        plain = name.removesuffix(suffix) if suffix in SUFFIXES else name
        if plain in names and _wanted(source, plain):
            with opener() as file:
                files.append(CorpusFile(name, hashlib.file_digest(file, "sha256").hexdigest()))  # type: ignore[arg-type]
    return files


def _refuse_binary(source: Source) -> None:
    """Raises if the start of some files is no text, naming them together."""
    # Beside the error, no stream stays open.
    starts = _starts(source)
    if not starts:
        raise _nothing(source)
    found = [f"{problem} in {label}" for label, problem in starts if problem]
    if found:
        more = f", and {len(found) - SHOWN_FILES} files more" if len(found) > SHOWN_FILES else ""
        raise DataError(
            f"Expected text in UTF-8, received {', '.join(found[:SHOWN_FILES])}{more}; convert it "
            "to UTF-8, or take what is no text out of the source."
        )


def _starts(source: Source) -> list[tuple[str, str]]:
    """Returns (label, problem or "") of each file."""
    return [
        (file.label, first_problem(file.stream))  # type: ignore[arg-type]
        for file in source.files(lambda name: _wanted(source, name))
    ]
