"""What may be asked, in which spelling, and how a question that cannot be answered is named."""

import pytest

from apps.memory_qa.data import Example, StoryPreprocessing, example_items, parse_item
from shared.errors import DataError
from shared.text.words import split_sentences

STORY, QUESTION = ("Anna ran.", "Ben sat."), "Who ran?"


@pytest.mark.parametrize(
    "raw",
    [
        "Anna ran. Ben sat. Who ran?",
        "Anna ran. Ben sat.\tWho ran?",
        b"\xef\xbb\xbfAnna ran. Ben sat.\tWho ran?",
        '{"story": ["Anna ran.", "Ben sat."], "question": "Who ran?"}',
        b' {"story": "Anna ran. Ben sat.", "question": "Who ran?", "answer": "Anna"}',
        {"story": ["Anna ran. Ben sat."], "question": " Who\u00a0ran? "},
        "Anna\u00a0ran.\u2028Ben\x07 sat. Who ran?",
    ],
)
def test_every_spelling_gives_the_same_item(raw):
    item = parse_item(raw)
    assert (tuple(item.story), item.question) == (STORY, QUESTION)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("", "received a line without words"),
        (" \u200b...", "received a line without words"),
        ("Anna ran. Ben sat.", "'Ben sat.' as the last sentence, which is no question"),
        ("Who ran?", "received no story"),
        ("\tWho ran?", "received no story"),
        ("Anna ran.\t", "received no question"),
        ("a\tb\tc", "more than one tab"),
        ("Anna\0 ran. Who ran?", "NUL"),
        ({"story": "Anna\0ran.", "question": "Who?"}, "NUL"),
        ('{"story": "A\\u0000", "question": "Who\\u0000?"}', "NUL"),
        (b"caf\xe9 is open. Where?", "byte 0xe9 at column 4"),
        ('{"story": "x"', r"story TAB question, .* received"),
        ("{" * 100_000, "received"),
        ({"story": "Anna ran.", "question": 3}, "received 3 as the question"),
        ({"question": "Who?"}, "'story', received None"),
        ({"story": [], "question": "Who?"}, "received no story"),
        ({"story": "A.", "qestion": "Who?"}, r"Did you mean 'question'\?"),
        (3, "received 3"),
        (None, "received None"),
    ],
)
def test_what_cannot_be_asked_is_named(raw, said):
    with pytest.raises(DataError, match=said) as error:
        parse_item(raw)
    assert "\n" not in str(error.value) and len(str(error.value)) < 400


def test_a_lone_surrogate_does_no_harm():
    item = parse_item('{"story": "Anna \\ud800 ran.", "question": "Who ran\\udfff?"}')
    assert [*item.story, item.question] == ["Anna ran.", "Who ran ?"]


def test_a_line_of_a_megabyte_is_read():
    item = parse_item("Anna ran. " * 100_000 + "Who ran?")
    assert len(item.story) == 100_000 and item.question == "Who ran?"


def test_example_items_cover_the_lengths():
    train = [Example(("Anna ran home fast.",), "Who ran?", "anna")]
    preprocessing = StoryPreprocessing.fit(train, max_words=6, memory_size=4)
    items = example_items(preprocessing, seed=1)
    assert [len(item.story) for item in items] == [1, 2, 5, 4, 7, 2]
    assert items == example_items(preprocessing, seed=1) != example_items(preprocessing, seed=2)
    assert [preprocessing.unknown_words(item) for item in items] == [[]] * 5 + [["zzyzx"]]
    assert max(len(text.split()) for item in items for text in item.story) == 9
    for item in items:
        # Sent as one text, the story is cut at the same places again.
        assert split_sentences("\n".join(item.story)) == list(item.story)
        assert parse_item("\n".join(item.story) + "\t" + item.question).question == item.question
