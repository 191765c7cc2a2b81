"""Stories to ids: what is kept, where it stands, and the same in a served graph."""

import random

import numpy as np
import pytest

from apps.memory_qa.data import Example, Item, StoryPreprocessing
from shared.errors import BundleError, DataError

TRAIN = [
    Example(("Ann ran home.", "Ben sat!"), "Who ran?", "ann"),
    Example(("Ann ran.",), "What is held?", "milk,football"),
    Example(("Ann ran.",), "Where?", "in the hall"),
]
WORDS = ["ann", "ben", "held", "home", "in the hall", "is", "milk,football", "ran", "sat", "what"]


@pytest.fixture
def preprocessing():
    return StoryPreprocessing.fit(TRAIN, max_words=3, memory_size=2)


def test_vocabulary_is_of_training_words_and_answers(preprocessing):
    assert preprocessing.vocabulary.words == ("[PAD]", "[UNK]", *WORDS, "where", "who")
    assert preprocessing.answer_id("in the hall") == 6
    assert preprocessing.answer_id("kitchen") == 1
    assert preprocessing.unknown_words(Item(["Eva ran.", "Eva sat!"], "Ann who sang?")) == [
        "eva",
        "eva",
        "sang",
    ]
    with pytest.raises(DataError, match="received none"):
        StoryPreprocessing.fit([])


def test_encode_keeps_the_last_sentences_and_first_words_and_aligns_them(preprocessing):
    ann, ben, home, ran, sat, who = preprocessing.vocabulary.ids(
        ["ann", "ben", "home", "ran", "sat", "who"]
    )
    inputs = preprocessing.encode(
        [
            Item(["Ben ran.", "Ann sat.", "Ann ran home home."], "Who ran?"),
            Item(["Ben sat."], "Who?"),
            Item([], ""),
        ]
    )
    np.testing.assert_array_equal(
        inputs["story_ids"],
        [
            [[ann, sat, 0], [ann, ran, home]],
            [[0, 0, 0], [ben, sat, 0]],
            [[0, 0, 0], [0, 0, 0]],
        ],
    )
    np.testing.assert_array_equal(inputs["question_ids"], [[who, ran, 0], [who, 0, 0], [0, 0, 0]])
    assert {array.dtype for array in inputs.values()} == {np.dtype(np.int32)}


def test_sizes_are_tight_and_at_least_one(preprocessing):
    shapes = {name: array.shape for name, array in preprocessing.encode([Item([], "")]).items()}
    assert shapes == {"story_ids": (1, 1, 1), "question_ids": (1, 1)}
    assert preprocessing.encode([Item(["Ann."], "Who is?")])["story_ids"].shape == (1, 1, 2)
    assert preprocessing.encode([])["story_ids"].shape == (0, 1, 1)


def test_sentences_are_those_that_were_kept(preprocessing):
    assert preprocessing.kept_sentences(["A one. B two!", "", "C\u00a0three"]) == [
        "B two!",
        "C three",
    ]
    assert preprocessing.kept_sentences(["Ä. ..."]) == ["Ä."]
    assert preprocessing.kept_sentences([]) == []


def test_graph_gives_the_same_inputs(preprocessing, tmp_path):
    tf = pytest.importorskip("tensorflow")
    from shared.text import graph

    preprocessing.save(tmp_path)
    table = graph.WordTable(tmp_path / "vocabulary.txt")

    # Without AutoGraph the lines count as run in the coverage.
    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)] * 2, autograph=False)
    def encode(story, question):
        return graph.encode_stories(
            story,
            question,
            table=table,
            max_words=preprocessing.max_words,
            memory_size=preprocessing.memory_size,
        )

    chance = random.Random(0)
    texts = ["Ann ran.", "Ben sat! Who?", "", "...", "ann ben home is", "Eva\u00a0sang\nAnn", "ÄNN"]
    for _ in range(50):
        items = [
            Item(chance.choices(texts, k=chance.randrange(5)), chance.choice(texts))
            for _ in range(chance.randrange(1, 5))
        ]
        got = encode(
            tf.constant(["\n".join(item.story) for item in items]),
            tf.constant([item.question for item in items]),
        )
        for name, array in preprocessing.encode(items).items():
            np.testing.assert_array_equal(got[name].numpy(), array)
        for item, sentences in zip(items, got["sentences"].numpy(), strict=True):
            kept = [text.encode() for text in preprocessing.kept_sentences(item.story)]
            assert sentences.tolist() == [b""] * (len(sentences) - len(kept)) + kept


def test_assets_are_readable_and_give_the_same_object(preprocessing, tmp_path):
    preprocessing.save(tmp_path)
    assert (tmp_path / "limits.txt").read_text() == "max_words 3\nmemory_size 2\n"
    again = StoryPreprocessing.load(tmp_path)
    assert (again.vocabulary.words, again.max_words, again.memory_size) == (
        preprocessing.vocabulary.words,
        3,
        2,
    )


@pytest.mark.parametrize("content", [None, "max_words 3\n", "max_words three\nmemory_size 2\n"])
def test_damaged_assets_are_named(preprocessing, tmp_path, content):
    preprocessing.save(tmp_path)
    if content is None:
        (tmp_path / "limits.txt").unlink()
    else:
        (tmp_path / "limits.txt").write_text(content)
    with pytest.raises(BundleError, match=r"limits\.txt"):
        StoryPreprocessing.load(tmp_path)
