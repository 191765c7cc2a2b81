"""A corpus from every kind of source, its digests, its memory, and what it refuses."""

import bz2
import gzip
import hashlib
import lzma
import tarfile
import tracemalloc
import zipfile

import pytest

from apps.word_analogies.corpus.files import gensim_path, open_corpus
from apps.word_analogies.corpus.tokens import Tokeniser
from shared.errors import DataError

SEA, SKY = "The sea. So blue!\n", "A sky\n"
SENTENCES = [["the", "sea"], ["so", "blue"], ["a", "sky"]]


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "text"
    (folder / "AA").mkdir(parents=True)
    (folder / "AA" / "wiki_00").write_text(f'<doc id="1">\n{SEA}</doc>\n')
    (folder / "b.txt.gz").write_bytes(gzip.compress(SKY.encode()))
    (folder / "README.md").write_text("About this corpus")
    (folder / ".hidden").write_text("hidden")
    return folder


def test_a_folder(folder):
    corpus = open_corpus(folder)
    for _ in range(2):  # A corpus can be read again.
        assert sorted(corpus.sentences()) == sorted(SENTENCES)
    assert [list(lines) for lines in corpus.documents()] == [["A sky"], ["The sea. So blue!"]]
    names = ["b.txt.gz", "AA/wiki_00"]
    assert [file.name for file in corpus] == names
    assert [file.sha256 for file in corpus] == [
        hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names
    ]
    assert str(folder.parent) not in repr(corpus) and repr(corpus) == repr(open_corpus(folder))


@pytest.mark.parametrize("kind", ["zip", "tar", "tar.xz"])
def test_an_archive_gives_what_its_folder_gives(folder, tmp_path, kind):
    path = tmp_path / f"text.{kind}"
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            for file in files:
                archive.write(file, file.relative_to(folder.parent))
    else:
        with tarfile.open(path, "w:xz" if kind == "tar.xz" else "w") as tar:
            for file in files:
                tar.add(file, file.relative_to(folder.parent))
    corpus = open_corpus(path)
    assert sorted(corpus.sentences()) == sorted(SENTENCES)
    assert [(file.name, file.sha256) for file in corpus] == [
        (path.name, hashlib.sha256(path.read_bytes()).hexdigest())
    ]


@pytest.mark.parametrize(
    ("suffix", "pack"),
    [("", bytes), (".gz", gzip.compress), (".xz", lzma.compress), (".bz2", bz2.compress)],
)
def test_one_file(tmp_path, suffix, pack):
    path = tmp_path / f"text.txt{suffix}"
    path.write_bytes(pack((SEA + SKY).encode()))
    assert list(open_corpus(path).sentences()) == SENTENCES
    whole = open_corpus(path, tokeniser=Tokeniser(ends="lines", lower=False))
    assert list(whole.sentences()) == [["The", "sea", "So", "blue"], ["A", "sky"]]


def test_a_corpus_of_gensim():
    corpus = open_corpus("gensim:lee_background.cor")
    assert corpus[0].name == "lee_background.cor"
    assert next(corpus.sentences())[:4] == ["hundreds", "of", "people", "have"]
    assert sum(1 for _ in corpus.documents()) == 1
    with pytest.raises(DataError, match=r"Did you mean 'lee_background\.cor'"):
        open_corpus("gensim:lee_backgroud.cor")
    for name in ("../test_utils.py", "/etc/passwd", "", ".", "old_w2v_models"):
        with pytest.raises(DataError, match="comes with gensim"):
            gensim_path(f"gensim:{name}")


def test_binary_files_among_text_are_told_together(folder):
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0")
    (folder / "AA" / "old.txt").write_bytes("caf\xe9".encode("latin-1") * 2)
    with pytest.raises(DataError) as caught:
        open_corpus(folder)
    assert "text/picture.png" in str(caught.value) and "text/AA/old.txt" in str(caught.value)
    assert str(folder.parent) not in str(caught.value)


def test_binary_data_behind_a_good_start_is_told_when_it_is_read(tmp_path):
    path = tmp_path / "long.txt"
    path.write_bytes(b"some words\n" * 20_000 + b"\0\n")
    corpus = open_corpus(path)
    with pytest.raises(DataError, match=r"long\.txt, line 20001"):
        list(corpus.sentences())


def test_sources_without_a_file(tmp_path):
    with pytest.raises(DataError, match="received none"):
        open_corpus(tmp_path)
    (tmp_path / "README.txt").write_text("about")
    with pytest.raises(DataError, match="received none"):
        open_corpus(tmp_path)
    with tarfile.open(tmp_path / "about.tar", "w") as tar:
        tar.add(tmp_path / "README.txt", "README.txt")
    with pytest.raises(DataError, match="received none"):
        list(open_corpus(tmp_path / "about.tar").sentences())


def test_files_open_cheaply(tmp_path, monkeypatch):
    path = tmp_path / "text.txt"
    path.write_bytes(b"some words\n" * 200_000)
    read = []
    monkeypatch.setattr(
        "apps.word_analogies.corpus.files.read_text", lambda *a, **k: read.append(a)
    )
    open_corpus(path)
    assert not read


def peak_of(path) -> int:
    corpus = open_corpus(path)
    tracemalloc.start()
    for _ in corpus.sentences():
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak


@pytest.mark.parametrize(("end", "size"), [("\n", 10_000), (" ", 300_000)], ids=["lines", "one"])
def test_memory_stays_flat_while_the_corpus_grows(tmp_path, end, size):
    peaks = []
    for times in (1, 4):
        path = tmp_path / f"{times}.txt.gz"
        path.write_bytes(gzip.compress(f"sea{end}".encode() * (size * times), 1))
        peaks.append(peak_of(path))
    assert peaks[1] < 1.2 * peaks[0] + 100_000
