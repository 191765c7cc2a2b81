"""The formats of a user's own stories, and how their mistakes are named."""

import io
import json
import re
from pathlib import Path

import pytest

from apps.memory_qa.formats import read_stories
from apps.memory_qa.item import parse_item
from shared.errors import DataError

RECORD = {"story": ["Ann ran home."], "question": "Who ran?", "answer": "Ann"}


def read(text: str | bytes) -> list:
    data = text.encode() if isinstance(text, str) else text
    return read_stories(io.BytesIO(data), label="x.txt", task="mine")


def problem(text: str | bytes) -> str:
    with pytest.raises(DataError) as error:
        read(text)
    return str(error.value)


def test_plain_text():
    stories = read(
        "\ufeff\nAnn is in the attic. The cat sleeps.\n\tWhere?\n".replace("\tWhere?", "Ben left.")
        + "Where is the cat?\tthe  Attic!\t1 2\nBen came.\nWho came?\tBen\t4\n\n\n"
        + "Eva sang.\nDid Eva sing?\tyes\n"
    )
    assert [[(e.story, e.answer, e.support) for e in story] for story in stories] == [
        [
            # Line 1 holds two sentences; both are what the fact 1 names.
            (("Ann is in the attic.", "The cat sleeps.", "Ben left."), "the attic", (0, 1, 2)),
            (("Ann is in the attic.", "The cat sleeps.", "Ben left.", "Ben came."), "ben", (3,)),
        ],
        [(("Eva sang.",), "yes", ())],
    ]
    assert stories[0][0].task == "mine"


def test_json_lines():
    lines = [
        {**RECORD, "story": "Ann ran home. Ben slept.", "support": [0]},
        {**RECORD, "story": ["Ann ran home. Ben slept.", "Eva sang."], "support": [1]},
        {**RECORD, "story": ["Eva sang.", "", "Ann ran."], "task": "who", "support": [2]},
    ]
    stories = read("\n".join(map(json.dumps, lines)) + "\n\n")
    assert [len(story) for story in stories] == [2, 1]
    assert [e.support for story in stories for e in story] == [(0, 1), (2,), (1,)]
    assert stories[1][0].story == ("Eva sang.", "Ann ran.")
    assert [stories[0][0].task, stories[1][0].task] == ["mine", "who"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"story": 3}, "expected a text or a list of texts as 'story', received 3"),
        ({"story": ["a", 3]}, "list of texts"),
        ({"question": ""}, "text with words as 'question', received ''"),
        ({"question": None}, "text with words as 'question', received None"),
        ({"answer": "?!"}, "text with words as 'answer'"),
        ({"answer": ["x"]}, "text with words as 'answer'"),
        ({"task": ""}, "a name as 'task'"),
        ({"support": [1]}, "places in the story from 0 to 0, received [1]"),
        ({"support": [True]}, "places in the story"),
        ({"support": "0"}, "places in the story"),
        ({"storry": "x"}, "received 'storry'. Did you mean 'story'?"),
    ],
)
def test_wrong_fields_are_named(change, said):
    text = json.dumps(RECORD) + "\n" + json.dumps({**RECORD, **change})
    assert problem(text).startswith("x.txt, line 2: ")
    assert said in problem(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"story"', "line 1: expected a JSON object"),
        ("[1]", "line 1: expected an object with story, question and answer, received [1]"),
        ("[" * 100_000, "line 1: expected a JSON object"),
        ('{"a": ' + "9" * 5000 + "}", "line 1: expected a JSON object"),
        ("Ann ran.\nWho ran?\n", "line 2: expected a tab and the answer behind the question"),
        ("Ann ran.\n\tAnn\n", "line 2: expected question<TAB>answer"),
        ("Ann ran.\nWho?\t \n", "line 2: expected question<TAB>answer"),
        ("Ann ran.\nWho?\ta\t1\t2\n", "line 2: expected question<TAB>answer"),
        ("Ann ran.\nWho?\ta\t2\n", "line 2: expected as supporting facts"),
        ("Ann ran.\nWho?\ta\t" + "1" * 5000, "line 2: expected as supporting facts"),
        ("Ann ran.\n...\nWho?\ta\n", "line 2: expected a sentence, received '...'"),
        ("1 Ann ran.\nBen ran.\n2 Who?\ta", "line 2: expected a number, a space and a sentence"),
        ("1 Ann ran.\n" + "1" * 5000 + " x\n2 Who?\ta", "line 2: expected a number"),
        ("1 Ann ran.\n1 Ben ran.\n2 Who?\ta\t2", "line 3: expected as supporting facts"),
        ("Ann ran.\n", "line 1: expected at least one question"),
        ("\n\n", "line 1: expected at least one question"),
        (b"Ann ran.\nWho?\tcaf\xe9\n", "line 2: expected UTF-8, received the byte 0xe9"),
        ("Ann ran.\n".encode("utf-16"), "line 1: expected UTF-8, received UTF-16"),
    ],
)
def test_mistakes_are_named_with_their_line(text, said):
    assert said in problem(text)
    assert len(problem(text)) < 300


def test_all_mistakes_of_a_file_are_counted():
    text = "Ann ran.\n" + "Who ran?\n" * 7 + "Who?\tAnn\n"
    assert problem(text).startswith("7 problems in x.txt: line 2: ")
    assert problem(text).endswith("; and 2 more")


def test_odd_characters_are_white_space_or_nothing():
    (story,) = read("Ann\u00a0ran\x07 ho\u00adme.\nWho\u200bran?\tA\u00adnn\n")
    assert story[0].story == ("Ann ran home.",) and story[0].answer == "ann"


def test_examples_of_the_page_are_what_it_says():
    page = Path(__file__).parents[3] / "docs" / "data_formats.md"
    # The section of this app alone; the others follow it.
    section = page.read_text("utf-8").partition("\n## memory_qa\n")[2].partition("\n## ")[0]
    text = section.replace("<TAB>", "\t")
    babi, plain, lines, asked = re.findall(r"```(?:json)?\n(.*?)```", text, re.DOTALL)
    facts = [[(e.answer, e.support) for e in story] for story in read(babi)]
    assert facts == [[("bathroom", (0,)), ("garden", (2,))], [("office", (0,))]]
    assert [[e.answer for e in story] for story in read(plain)] == [["attic"], ["no"]]
    assert [(e.task, e.support) for story in read(lines) for e in story] == [("where", (0, 1))]
    items = [parse_item(line) for line in asked.splitlines()]
    assert len(items) == 3
    assert {(tuple(item.story), item.question) for item in items} == {
        (("Anna is in the attic.", "The cat is with Anna."), "Where is the cat?")
    }
