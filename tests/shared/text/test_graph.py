"""The graph cuts and numbers text exactly as Python does, whatever the text."""

import random
import sys

import numpy as np
import pytest

from shared.text.words import Vocabulary, lower_table, split_sentences, split_words

tf = pytest.importorskip("tensorflow")
graph = pytest.importorskip("shared.text.graph")

ORDINARY = ["Mary", "went", "to", "the", "hall.", "Where", "is", "she?", "Don't!", "milk,football"]
ODD = [
    "\x00", "\x07", "\x1b", "\x85", "\x9f", "\n", "\r\n", "\n\n\n", "\t", "\x0b", "\x0c", "\x1c",
    "\u00a0", "\u1680", "\u180e", "\u2003", "\u200b", "\u2028", "\u2029", "\u202f", "\u3000",
    "\ufeff", "\ufffd", "\u00ad", "\u200c", "\u200d", "\u200f", "\u202e", "\u2060", "\ufe0f",
    "e\u0301", "\u0301", "ΟΔΟΣ", "Σ", "İ", "ẞ", "ﬁ", "Ǆ", "ǅ", "Ა", "\U00010400", "\U0001e921",
    "👩\u200d🚀", "❤\ufe0f", "🇫🇷", "שלום", "مرحبا؟", "日本語。", "\uffff", "\U0010ffff", "\ue000",
    ".", "...", "?!", "!", "。", "”", "’", "'", '"', "(", ")", "[PAD]", "[UNK]", "--", "—", "¿",  # noqa: RUF001
    " ", "  ", "-5", "3.5", "a.b", "$^", "\\1", "\\", "%s", "{}",
]  # fmt: skip
INVALID = [
    b"\xff",
    b"\xc3",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xf0\x80\x80\x80",
    b"\xc0\xaf",
    b"\xf5",
]


def nasty_strings(count: int, seed: int) -> list[bytes]:
    """Strings of ordinary words, oddities, random code points and bytes that are no UTF-8."""
    chance = random.Random(seed)

    def piece() -> bytes:
        kind = chance.random()
        if kind < 0.4:
            return chance.choice(ORDINARY).encode() + chance.choice([b" ", b"", b"\n", b". "])
        if kind < 0.8:
            return chance.choice(ODD).encode()
        if kind < 0.9:
            return chr(
                chance.choice([chance.randrange(0xD800), chance.randrange(0xE000, 0x110000)])
            ).encode()
        if kind < 0.95:
            return chance.choice(INVALID)
        return chance.randbytes(chance.randrange(4))

    return [
        b"".join(piece() for _ in range(chance.choice([0, 1, 2, 5, 10, 30, 60])))
        for _ in range(count)
    ]


@pytest.fixture(scope="module")
def vocabulary():
    words = {word for text in nasty_strings(300, seed=9) for word in split_words(text)}
    return Vocabulary(sorted(words)[::2])


@pytest.fixture(scope="module")
def encode(vocabulary, tmp_path_factory):
    path = tmp_path_factory.mktemp("assets") / "vocabulary.txt"
    vocabulary.save(path)
    table = graph.WordTable(path)

    # Without AutoGraph the lines count as run in the coverage.
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)] * 2, autograph=False)
    def run(story, question):
        return graph.encode_stories(story, question, table=table, max_words=6, memory_size=5)

    return run


def expected(vocabulary, stories, questions):
    """The same in plain Python loops, written without the app's preprocessing."""
    kept = [split_sentences(story)[-5:] for story in stories]
    ids = [[vocabulary.ids(split_words(text)[:6]) for text in story] for story in kept]
    asked = [vocabulary.ids(split_words(text)[:6]) for text in questions]
    height = max([1, *map(len, kept)])
    width = max([1, *(len(row) for story in ids for row in story), *map(len, asked)])
    story_ids = np.zeros((len(stories), height, width), np.int32)
    question_ids = np.zeros((len(stories), width), np.int32)
    sentences = np.full((len(stories), height), b"", object)
    for place in range(len(stories)):
        question_ids[place, : len(asked[place])] = asked[place]
        for row, words in enumerate(ids[place], start=height - len(ids[place])):
            story_ids[place, row, : len(words)] = words
        sentences[place, height - len(kept[place]) :] = [text.encode() for text in kept[place]]
    return {"story_ids": story_ids, "question_ids": question_ids, "sentences": sentences}


def assert_equal(got, wanted):
    for name, array in wanted.items():
        np.testing.assert_array_equal(got[name].numpy(), array, err_msg=name)
        assert got[name].dtype == (tf.string if name == "sentences" else tf.int32)


def test_ten_thousand_nasty_strings_give_equal_ids(encode, vocabulary):
    texts = nasty_strings(10_000, seed=1)
    known = 0
    for start in range(0, len(texts), 40):
        stories = texts[start : start + 40]
        questions = stories[::-1]
        wanted = expected(vocabulary, stories, questions)
        assert_equal(encode(tf.constant(stories), tf.constant(questions)), wanted)
        known += int((wanted["story_ids"] > 1).sum())
    # Else all this could be about padding and unknown words.
    assert known > 5_000


def test_every_code_point_gives_equal_words():
    codes = [code for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000]
    texts = [
        "".join(f"a{chr(code)}B {chr(code)}" for code in codes[start : start + 512])
        for start in range(0, len(codes), 512)
    ]
    got = graph.split_words(tf.constant(texts)).to_list()
    assert [[word.decode() for word in words] for words in got] == list(map(split_words, texts))


def test_lower_follows_the_table():
    keys = list(lower_table())
    got = graph.lower(tf.constant([chr(key) for key in keys])).numpy()
    assert [word.decode() for word in got] == [chr(lower_table()[key]) for key in keys]


@pytest.mark.parametrize(
    "line",
    ["." * 10**6, "Mary went. " * 90_000, "x" + "(" * 10**6 + "x", "é!" * 300_000, "a " * 500_000],
    ids=["dots", "sentences", "brackets", "marks", "words"],
)
def test_a_line_of_a_megabyte(encode, vocabulary, line):
    texts = [line.encode(), b"Mary"]
    assert_equal(encode(tf.constant(texts), tf.constant(texts)), expected(vocabulary, texts, texts))


def test_empty_batch_and_empty_texts(encode, vocabulary):
    for stories in ([], [b""], [b"", b"...", b"\n\n"]):
        got = encode(tf.constant(stories, tf.string), tf.constant(stories, tf.string))
        assert_equal(got, expected(vocabulary, stories, stories))


def test_a_story_alone_and_in_a_batch_give_the_same_rows(encode):
    texts = [b"Mary went. She sat.", b"Where? There! Mary sat on the mat in the hall."]
    both = encode(tf.constant(texts), tf.constant(texts))["story_ids"].numpy()
    alone = encode(tf.constant(texts[:1]), tf.constant(texts[:1]))["story_ids"].numpy()
    np.testing.assert_array_equal(both[:1, -alone.shape[1] :, : alone.shape[2]], alone)
    assert not both[0, : -alone.shape[1]].any()


def test_table_gives_words_back_and_survives_an_export(vocabulary, tmp_path):
    vocabulary.save(tmp_path / "v.txt")
    table = graph.WordTable(tmp_path / "v.txt")
    table.look_up = tf.function(
        lambda words: {"ids": table.ids(words), "words": table.words(table.ids(words))},
        input_signature=[tf.TensorSpec([None], tf.string)],
    )
    words = [vocabulary.words[5], "never seen", vocabulary.words[-1]]
    tf.saved_model.save(table, str(tmp_path / "model"))
    (tmp_path / "v.txt").unlink()
    (tmp_path / "model").rename(tmp_path / "moved")
    got = tf.saved_model.load(str(tmp_path / "moved")).look_up(tf.constant(words))
    assert got["ids"].numpy().tolist() == vocabulary.ids(words)
    assert [word.decode() for word in got["words"].numpy()] == [words[0], "[UNK]", words[2]]
