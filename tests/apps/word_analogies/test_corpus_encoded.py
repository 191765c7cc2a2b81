"""The corpus on disk: decoded again, damaged, interrupted, and in flat memory."""

import errno
import tracemalloc

import numpy as np
import pytest

from apps.word_analogies.corpus.encoded import ABOUT, BATCH, IDS, SENTENCES, encode, open_encoded
from apps.word_analogies.corpus.sample import sample_sentences
from apps.word_analogies.corpus.tokens import Tokeniser
from shared.errors import BundleError

WORDS = ("the", "sea", "sky")
TEXT = [["the", "grey", "sea"], ["grey"], [], ["sky"], ["grey", "grey"]]


def sample(count):
    cut = Tokeniser().sentences
    return [sentence for line in sample_sentences(1, count=count) for sentence in cut(line)]


def test_ids_and_sentences(tmp_path):
    told = []
    encoded = encode(iter(TEXT), WORDS, tmp_path, text=True, progress=told.append)
    assert encoded.ids.tolist() == [0, 1, -1, 2, -1]
    assert encoded.ids.dtype == np.int32
    assert (encoded.words, encoded.sentences, told) == (3, 2, [7])
    assert (tmp_path / SENTENCES).read_text() == "the grey sea\ngrey\n\nsky\ngrey grey\n"
    assert encoded.text == tmp_path / SENTENCES


def test_many_batches_decode_to_what_was_encoded(tmp_path):
    # The first batch ends, and the second begins, with sentences that lose all their words.
    text = [["x"], *sample(BATCH - 2), ["x"], ["x"], *sample(BATCH)]
    words = sorted({word for sentence in text for word in sentence} - {"x", "the"})
    encoded = encode(text, words, tmp_path)
    expected = []
    for sentence in text:
        ids = [words.index(word) for word in sentence if word in words]
        expected += [*ids, -1] if ids else []
    assert encoded.ids.tolist() == expected
    assert encoded.sentences == expected.count(-1)
    assert encoded.words == len(expected) - encoded.sentences
    assert encoded.text is None and not (tmp_path / SENTENCES).exists()
    again = open_encoded(tmp_path, words)
    assert np.array_equal(again.ids, encoded.ids) and isinstance(again.ids, np.memmap)
    assert (again.words, again.sentences) == (encoded.words, encoded.sentences)


def test_gensim_reads_the_sentences(tmp_path):
    from gensim.models.word2vec import LineSentence

    text = sample(500)
    encoded = encode(text, WORDS, tmp_path, text=True)
    assert list(LineSentence(str(encoded.text))) == text


def test_a_corpus_without_a_kept_word(tmp_path):
    encoded = encode([["grey"]], WORDS, tmp_path)
    assert encoded.ids.shape == (0,) and encoded.words == encoded.sentences == 0


def test_another_vocabulary_is_refused(tmp_path):
    encode(TEXT, WORDS, tmp_path)
    with pytest.raises(BundleError, match="another vocabulary"):
        open_encoded(tmp_path, WORDS[::-1])


def cut(path):
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        (IDS, cut),
        (IDS, lambda path: path.unlink()),
        (ABOUT, lambda path: path.unlink()),
        (ABOUT, cut),
        (ABOUT, lambda path: path.write_text("[]")),
        (ABOUT, lambda path: path.write_bytes(b"\xff")),
        (SENTENCES, lambda path: path.unlink()),
    ],
)
def test_damage_is_refused(tmp_path, name, damage):
    encode(TEXT, WORDS, tmp_path, text=True)
    (tmp_path / ABOUT).write_text((tmp_path / ABOUT).read_text().rstrip())
    damage(tmp_path / name)
    with pytest.raises(BundleError, match="encode it again"):
        open_encoded(tmp_path, WORDS)


@pytest.mark.parametrize("before", [False, True], ids=["first", "again"])
def test_nothing_half_written_stays(tmp_path, before):
    if before:
        encode(TEXT, WORDS, tmp_path, text=True)

    def breaking():
        yield from sample(BATCH + 1)
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        encode(breaking(), WORDS, tmp_path, text=True)
    names = {path.name for path in tmp_path.iterdir()}
    # The old files may stay, but no longer open as a corpus.
    assert names == ({IDS, SENTENCES} if before else set())
    with pytest.raises(BundleError):
        open_encoded(tmp_path, WORDS)


def test_memory_stays_flat_while_the_corpus_grows(tmp_path):
    peaks = []
    for times in (4, 40):
        tracemalloc.start()
        encode((["the", "grey", "sea"] for _ in range(BATCH * times)), WORDS, tmp_path, text=True)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.2 * peaks[0]
