"""Every format against gensim in both directions, and files that are damaged or lie."""

import bz2
import gzip
import lzma
import zipfile
from pathlib import Path

import numpy as np
import pytest
from gensim.models import KeyedVectors

from apps.word_analogies.formats import FORMS, read_vectors, write_vectors
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError

WORDS = ("the", "new_york", "1984", "naïve", "3.5", "日本", "a\u00a0b", "don't", "</s>", "#", "nan")


def vectors_of(words=WORDS, size=7, seed=0) -> WordVectors:
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((len(words), size)) * 10.0 ** rng.integers(
        -20, 20, (len(words), 1)
    )
    matrix[0] = 0
    matrix[1, :2] = (-0.0, np.finfo(np.float32).tiny / 2)
    return WordVectors(tuple(words), matrix.astype(np.float32))


def same(one: WordVectors, other: WordVectors) -> bool:
    return one.words == other.words and one.matrix.tobytes() == other.matrix.tobytes()


def saved(tmp_path: Path, content: str | bytes, name: str = "x.txt") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(path: Path, **options) -> str:
    with pytest.raises(DataError) as error:
        read_vectors(path, **options)
    assert len(str(error.value)) < 1500
    return str(error.value)


@pytest.mark.parametrize("form", FORMS)
def test_round_trip_is_exact(tmp_path, form):
    vectors = vectors_of()
    write_vectors(vectors, tmp_path / "v", form)
    assert same(read_vectors(tmp_path / "v"), vectors)
    assert same(read_vectors(tmp_path / "v", limit=3), vectors.limited(3))
    assert [path.name for path in tmp_path.iterdir()] == ["v"]


# gensim leaves a file without a header open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("form", ["word2vec", "word2vec-binary", "glove", "fasttext"])
def test_gensim_reads_what_is_written(tmp_path, form):
    vectors = vectors_of()
    write_vectors(vectors, tmp_path / "v", form)
    keyed = KeyedVectors.load_word2vec_format(
        str(tmp_path / "v"), binary=form == "word2vec-binary", no_header=form == "glove"
    )
    assert same(WordVectors(tuple(keyed.index_to_key), keyed.vectors), vectors)


@pytest.mark.parametrize(("binary", "header"), [(False, False), (False, True), (True, True)])
@pytest.mark.parametrize("end", ["", ".gz"])
def test_what_gensim_writes_is_read(tmp_path, binary, header, end):
    vectors = vectors_of()
    keyed = KeyedVectors(vectors.size)
    keyed.add_vectors(list(vectors.words), vectors.matrix)
    path = tmp_path / f"v{end}"
    keyed.save_word2vec_format(str(path), binary=binary, write_header=header)
    assert same(read_vectors(path), vectors)


def test_line_breaks_behind_binary_vectors(tmp_path):
    vectors = vectors_of()
    parts = [w.encode() + b" " + r.tobytes() for w, r in zip(WORDS, vectors.matrix, strict=True)]
    header = f"{len(vectors)} {vectors.size}\n".encode()
    path = saved(tmp_path, header + b"\n".join(parts) + b"\n", "v.bin")
    assert same(read_vectors(path), vectors)


@pytest.mark.parametrize("binary", [False, True])
def test_many_rows_and_chunks(tmp_path, monkeypatch, binary):
    monkeypatch.setattr("apps.word_analogies.formats.binary.CHUNK_BYTES", 1000)
    monkeypatch.setattr("apps.word_analogies.formats.rows.BLOCK_ROWS", 64)
    vectors = vectors_of([f"w{i}" for i in range(1000)], size=11)
    write_vectors(vectors, tmp_path / "v", "word2vec-binary" if binary else "word2vec")
    assert same(read_vectors(tmp_path / "v"), vectors)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, "zip"])
def test_compressed(tmp_path, pack):
    vectors = vectors_of()
    write_vectors(vectors, tmp_path / "v.txt", "glove")
    end = "zip" if pack == "zip" else {"gzip": "gz", "bz2": "bz2", "lzma": "xz"}[pack.__module__]
    path = tmp_path / f"v.txt.{end}"
    if pack == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(tmp_path / "v.txt", "folder/v.txt")
    else:
        path.write_bytes(pack((tmp_path / "v.txt").read_bytes()))
    assert same(read_vectors(path), vectors)


def test_words_with_spaces(tmp_path):
    path = saved(tmp_path, "3 2\n. . 0.5 1\nat 3 pm 2 3e-1 \nx 4 5\n")
    vectors = read_vectors(path)
    assert vectors.words == (". .", "at 3 pm", "x")
    assert vectors.matrix.tolist() == [[0.5, 1], [2, np.float32(0.3)], [4, 5]]
    assert read_vectors(saved(tmp_path, "a b 1 2\nc 3 4\n")).words == ("a b", "c")


def test_projector_files(tmp_path):
    vectors = vectors_of(["new york", "x"], size=2)
    counted = WordVectors(vectors.words, vectors.matrix, np.array([9, 4]))
    write_vectors(counted, tmp_path, "projector")
    assert (tmp_path / "metadata.tsv").read_text() == "word\tcount\nnew york\t9\nx\t4\n"
    saved(tmp_path, "other", "notes.txt")
    for path in (tmp_path, tmp_path / "vectors.tsv", tmp_path / "metadata.tsv"):
        found = read_vectors(path)
        assert same(found, vectors)
        assert found.counts is not None
        assert found.counts.tolist() == [9, 4]
    archive = tmp_path / "both.zip"
    with zipfile.ZipFile(archive, "w") as file:
        for name in ("metadata.tsv", "vectors.tsv"):
            file.write(tmp_path / name, name)
    assert same(read_vectors(archive), vectors)
    saved(tmp_path, "Kind\tWord\nn\tnew york\nn\tx\n", "metadata.tsv")
    assert same(read_vectors(tmp_path), vectors)
    assert read_vectors(tmp_path).counts is None


@pytest.mark.parametrize(
    ("metadata", "numbers", "said"),
    [
        ("a\nb\n", "1\t2\n", "for each of 1 lines of vectors.tsv, received 2"),
        ("a\n\n", "1\t2\n3\t4\n", "metadata.tsv, line 2: expected a word in 1 columns"),
        ("word\tn\na\t1\nb\n", "1\t2\n3\t4\n", "metadata.tsv, line 3: expected a word in 2"),
        ("a\nb\n", "1\t2\n3\n", "vectors.tsv, line 2: expected 2 numbers, received '3'"),
        ("a\nb\n", "1\t2\nnan\t3\n", "vectors.tsv, line 2: expected finite numbers"),
        ("a\na\n", "1\t2\n3\t3\n", "distinct words, received 1 repeated"),
        (None, "1\t2\n", "metadata.tsv"),
    ],
)
def test_mistakes_in_projector_files(tmp_path, metadata, numbers, said):
    saved(tmp_path, numbers, "vectors.tsv")
    if metadata is not None:
        saved(tmp_path, metadata, "metadata.tsv")
    assert said in refusal(tmp_path)
    assert said in refusal(tmp_path / "vectors.tsv")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("2 2\na 1 2\nb 3\n", "x.txt, line 3: expected a word and 2 numbers, received 'b 3'"),
        ("a 1 2\nb 3 4 5\nc\n", "x.txt, line 3: expected a word and 2 numbers, received 'c'"),
        ("a 1 2\nb nan 4\nc 1 -inf\n", "2 problems in x.txt: line 2: expected finite numbers"),
        ("2 2\na 1 2\nb 1e39 4\n", "received NaN or infinity for 1 words, the first of them 'b'"),
        ("a 1 2\nb 3 4\na 3 4\na 1 1\n", "once, received 2 repeated, the first of them 'a'"),
        ("3 2\na 1 2\nb 3 4\n", "Expected 3 words in x.txt, as its header says, received 2"),
        ("1 2\na 1 2\nb 3 4\n", "x.txt, line 3: expected 1 words, as the first line says"),
        ("1 3\na 1 2\n", "x.txt, line 2: expected a word and 3 numbers"),
        ("0 3\n", "received 0 words of 3 numbers"),
        ("4 99999999\na 1\n", "1 to 65536 numbers each"),
        ("4 3\n", "Expected 4 words in x.txt, as its header says, received 0"),
        (" \n", "received an empty file"),
        ("only words of text here\n", "'only words of text here' (5 columns) in the first line"),
        (b"a 1 2\nb\xe9 3 4\n", "x.txt, line 2: expected UTF-8"),
        (b"a 1 2\n\0\0\0\0 3 4\n", "x.txt, line 2: expected text, received a NUL byte"),
        (b"\x80\x04\x95cgensim", "a pickle, which is never read"),
        (b"\xba\x16\x4f\x2f\x0c\x00\x00\x00", "a model of fastText"),
        (b"\x93NUMPY\x01\x00v\x00", "a numpy array without words"),
        (bytes(range(255, 128, -1)) * 9, "x.txt, line 1: expected UTF-8"),
    ],
)
def test_mistakes_in_text(tmp_path, content, said):
    assert said in refusal(saved(tmp_path, content))


def test_a_repeated_word_beyond_the_limit_does_not_matter(tmp_path):
    path = saved(tmp_path, "a 1 2\nb 3 4\na 3 4\n")
    assert read_vectors(path, limit=2).words == ("a", "b")
    assert "at least 1 word" in refusal(path, limit=0)


def test_every_cut_of_a_binary_file_is_seen(tmp_path):
    vectors = vectors_of(size=60)
    write_vectors(vectors, tmp_path / "v", "word2vec-binary")
    whole = (tmp_path / "v").read_bytes()
    for stop in range(40, len(whole), 61):
        said = refusal(saved(tmp_path, whole[:stop], "cut"))
        assert "as its header says, received" in said
    assert "more bytes behind them" in refusal(saved(tmp_path, whole + b"xx", "long"))


def binary(header: str, *rows: tuple[bytes, list[float]]) -> bytes:
    parts = [word + b" " + np.array(row, "<f4").tobytes() for word, row in rows]
    return header.encode() + b"\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (binary("3 2", (b"a", [1, 2]), (b"b", [3, 4])), "Expected 3 words in x.txt, as its header"),
        (binary("1 2", (b"a", [1, 2]), (b"b", [3, 4])), "more bytes behind them"),
        (binary("2 2", (b"a", [1, 2]), (b"b", [3, np.nan])), "NaN or infinity for 1 words"),
        (binary("2 2", (b"a", [1, 2]), (b"a", [3, 4])), "1 repeated, the first of them 'a'"),
        (
            binary("2 2", (b"a", [1, 2]), (b"\xe9", [3, 4])),
            "as number 2 of x.txt, received b'\\xe9'",
        ),
        (binary("2 2", (b"a", [1, 2]), (b"", [3, 4])), "as number 2 of x.txt, received b''"),
        (binary("2 1", (b"a", [1])) + b"x" * 5000, "at most 4096 bytes as number 2"),
        (binary("999999999999 60000", (b"a", [1e-9] * 9)), "received 0; it was cut"),
        (binary("5 1000000000", (b"a", [1e-9] * 9)), "1 to 65536 numbers each"),
        (binary("9" * 60, (b"a", [1e-9] * 9)), "(1 columns) in the first line"),
    ],
)
def test_mistakes_in_binary_files(tmp_path, content, said):
    assert said.lower() in refusal(saved(tmp_path, content)).lower()


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("new york", {"word2vec", "word2vec-binary", "glove", "fasttext"}),
        ("a\tb", {"word2vec", "glove", "fasttext", "projector"}),
        ("a\nb", set(FORMS)),
        ("", set(FORMS)),
        ("\ud800", set(FORMS)),
    ],
)
def test_words_that_a_format_cannot_hold(tmp_path, word, forms):
    vectors = vectors_of(["x", word], size=2)
    for form in FORMS:
        if form in forms:
            with pytest.raises(DataError, match=r"received 1 others, the first of them"):
                write_vectors(vectors, tmp_path / form, form)
            assert not (tmp_path / form).exists()
        else:
            write_vectors(vectors, tmp_path / form, form)
            assert same(read_vectors(tmp_path / form), vectors)


def test_other_mistakes(tmp_path):
    with pytest.raises(DataError, match=r"received 'gluv'\. Did you mean 'glove'"):
        write_vectors(vectors_of(), tmp_path / "v", "gluv")
    with pytest.raises(DataError, match=r"a name without \.gz"):
        write_vectors(vectors_of(), tmp_path / "v.gz", "glove")
    for name in ("a.txt", "b.txt"):
        saved(tmp_path, "a 1 2\n", name)
    assert "received 2; unpack it" in refusal(tmp_path)
    assert "does not exist" in refusal(tmp_path / "c.txt")
