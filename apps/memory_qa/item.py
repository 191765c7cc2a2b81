"""What `predict` is asked: one story and one question, in any of the ways people write them."""

import json
import random
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from apps.memory_qa.records import FIELDS, shortened, story_of
from shared.data.lines import decode_request
from shared.errors import DataError, nearest
from shared.text.words import CLOSERS, split_sentences

if TYPE_CHECKING:
    from apps.memory_qa.preprocessing import StoryPreprocessing

QUESTION_MARKS = ("?", "？", "؟")  # noqa: RUF001
EXPECTED = (
    'expected a story and its question, such as "Anna is in the attic. Where is Anna?", '
    'story TAB question, or {"story": ["Anna is in the attic."], "question": "Where is Anna?"}'
)


class Item(NamedTuple):
    """A story, as its sentences in order, and a question."""

    story: Sequence[str]
    question: str


def parse_item(raw: Any) -> Item:
    """Reads one raw input.

    Args:
        raw: a line of text (str, or bytes in UTF-8): a JSON object, story TAB question, or a
            story whose last sentence is the question; or a mapping with story and question.

    Raises:
        DataError: no story, no question, or no text.

    Example:
    >>> parse_item("Anna is in the attic. Where is Anna?")
    Item(story=('Anna is in the attic.',), question='Where is Anna?')
    """
    if isinstance(raw, Mapping):
        return _of_mapping(raw)
    text = _text(raw)
    if text.lstrip().startswith("{"):
        try:
            return _of_mapping(json.loads(text))
        except (ValueError, RecursionError) as error:
            raise DataError(f"{EXPECTED}, received {shortened(text)} ({error}).") from None
    story, tab, question = text.partition("\t")
    if "\t" in question:
        raise DataError(f"{EXPECTED}, received more than one tab in {shortened(text)}.")
    if tab:
        return _item(split_sentences(story), question)
    sentences = split_sentences(text)
    if not sentences:
        raise DataError(f"{EXPECTED}, received a line without words.")
    if not sentences[-1].rstrip(CLOSERS).endswith(QUESTION_MARKS):
        raise DataError(
            f"{EXPECTED}, received {shortened(sentences[-1])} as the last sentence, which is no "
            "question."
        )
    return _item(sentences[:-1], sentences[-1])


def _text(raw: Any) -> str:
    if isinstance(raw, bytes):
        raw = decode_request(raw)
    if not isinstance(raw, str):
        raise DataError(f"{EXPECTED}, received {shortened(raw)}.")
    if "\0" in raw:
        raise DataError("Expected text, received a NUL character; give plain UTF-8 text.")
    return raw


def _of_mapping(record: Mapping[str, Any]) -> Item:
    # Labelled stories may be asked as they are; what they say about the answer is not looked at.
    for name in record:
        if name not in FIELDS:
            raise DataError(
                f"{EXPECTED}, received the field {shortened(name)}.{nearest(str(name), FIELDS)}"
            )
    story, question = record.get("story"), record.get("question")
    sentences, _ = story_of(story)
    if not isinstance(question, str):
        raise DataError(f"{EXPECTED}, received {shortened(question)} as the question.")
    for text in [story] if isinstance(story, str) else story or ():
        _text(text)
    return _item(sentences, _text(question))


def _item(sentences: Sequence[str], question: str) -> Item:
    # Cut and joined again, the question is plain text that is safe to send and to show.
    asked = " ".join(split_sentences(question))
    if not sentences or not asked:
        missing = "question" if sentences else "story"
        raise DataError(f"{EXPECTED}, received no {missing}.")
    return Item(tuple(sentences), asked)


def example_items(preprocessing: "StoryPreprocessing", *, seed: int = 0) -> list[Item]:
    """Returns stories in words of the training data, of all lengths that behave differently.

    An export is checked and warmed up with them, so they need no sense: one sentence, a few, as
    many as the memory holds, more than that, an over-long sentence, and an unknown word.

    Args:
        preprocessing: has the vocabulary and the limits.
        seed: the same seed gives the same stories.
    """
    chance = random.Random(seed)
    words = [word for word in preprocessing.vocabulary.words[2:] if word.isalpha()] or ["word"]

    def sentence(length: int, end: str) -> str:
        return " ".join(chance.choices(words, k=length)).capitalize() + end

    memory = preprocessing.memory_size
    items = [
        Item(
            tuple(sentence(chance.randint(2, 7), ".") for _ in range(count)),
            sentence(chance.randint(2, 5), "?"),
        )
        for count in (1, 2, 5, memory, memory + 3)
    ]
    long = sentence(preprocessing.max_words + 3, ".")
    return [*items, Item((long, sentence(3, ".")), "Zzyzx " + sentence(2, "?"))]
