"""Files of pairs that cannot be used: one sentence on the command line, and nothing written."""

import gzip
import io
import lzma
import zipfile

import pytest

from apps.translation.sample import sample_pairs
from shared.testing.cli import run_cli

pytest.importorskip("sentencepiece")
PAIRS = sample_pairs(0, 40)
SOURCE, TARGET = ("".join(f"{line}\n" for line in side) for side in zip(*PAIRS, strict=True))
TABS = "".join(f"{source}\t{target}\n" for source, target in PAIRS).encode()


def refused(source, out, *flags):
    """Returns what a training says that is refused, in one line."""
    said = run_cli(
        *("translation", "train", "--preset", "smoke", "--data", source, "--out", out, *flags)
    )
    assert said.code == 2 and not out.exists(), said.err
    assert said.out == "" and len(said.err.strip().splitlines()) == 1, said.err
    assert "Traceback" not in said.err
    return said.err


def file(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


def zipped(**files):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_txt", ".txt"), content)
    return held.getvalue()


def test_parallel_files_of_different_length(tmp_path):
    lines = TARGET.splitlines(keepends=True)
    del lines[17]
    file(tmp_path, "train.en", SOURCE.encode())
    file(tmp_path, "train.fr", "".join(lines).encode())
    said = refused(tmp_path, tmp_path / "run", "--pairs.source", "en")
    assert "received 40 and 39" in said
    place = int(said.split("go apart at line ")[1].split(",")[0])
    assert abs(place - 18) <= 3  # by the lengths alone it cannot be told more closely


def test_a_language_that_is_not_there(tmp_path):
    file(tmp_path, "train.en", SOURCE.encode())
    file(tmp_path, "train.fr", TARGET.encode())
    said = refused(tmp_path, tmp_path / "run", "--pairs.source", "en", "--pairs.target", "fra")
    assert "the language 'fra'" in said and "received only en, fr" in said
    assert "Did you mean 'fr'?" in said


@pytest.mark.parametrize(
    ("name", "content", "about"),
    [
        ("empty.tsv", b"", "received an empty file"),
        ("blank.tsv", b"\n \n\t\n", "received none"),
        (
            "latin.tsv",
            "Un été.\tA summer.\n".encode("latin-1"),
            "expected UTF-8, received the byte",
        ),
        ("wide.tsv", TABS.decode().encode("utf-16"), "received UTF-16"),
        ("one.tsv", b"only one column\n", "received 1 columns"),
        ("nul.tsv", b"a\0b\tc\n", "NUL byte"),
        ("cut.tsv.gz", gzip.compress(TABS, mtime=0)[:-40], "cut.tsv"),
        ("cut.tsv.xz", lzma.compress(TABS)[:-40], "cut.tsv"),
        ("cut.zip", zipped(pairs_txt=TABS)[:-40], "cut.zip"),
        ("slip.zip", zipped(**{"..__slip_txt": TABS}), "slip"),
        ("no.zip", zipped(readme_md="nothing"), "other files"),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value else "",
)
def test_files_that_hold_no_pairs(tmp_path, name, content, about):
    assert about in refused(file(tmp_path, name, content), tmp_path / "run")
    assert not (tmp_path.parent / "slip.txt").exists()


def test_a_vocabulary_that_does_not_fit(tmp_path):
    path = file(tmp_path, "pairs.tsv", TABS)
    for asked, bound in (("9000", "at most"), ("9", "at least")):
        said = refused(path, tmp_path / "run", "--tokens.vocabulary-size", asked)
        assert bound in said and f"received {asked}" in said


def test_settings_that_make_no_sense(tmp_path):
    said = refused("sample", tmp_path / "run", "--decoding.n-best", "9", "--average", "0")
    assert "decoding.n_best 9" in said and "average 0" in said


def test_line_ends_marks_and_endless_lines_are_no_matter(tmp_path):
    from apps.translation.data import load_pairs

    mixed = TABS.replace(b"\n", b"\r\n", 20)
    long = b"word " * 200_000
    path = file(tmp_path, "pairs.tsv", b"\xef\xbb\xbf" + mixed + long + b"\t" + long + b"\n")
    splits = load_pairs(str(path), validation_size=2, test_size=2)
    read = {*splits.train, *splits.validation, *splits.test}
    assert read == set(PAIRS)
    assert splits.info["cleaning"]["too_long"] == 1
