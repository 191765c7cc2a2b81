"""Records with the fields story, question, answer, task and support, and what may stand in them.

JSON lines, data sets of TensorFlow Datasets and requests are such records; the readers of
`apps.memory_qa.formats` and `apps.memory_qa.item` call this.
"""

from functools import lru_cache
from itertools import chain

from apps.memory_qa.example import Example
from shared.errors import DataError, nearest
from shared.text.words import split_sentences, split_words

FIELDS = ("story", "question", "answer", "task", "support")

# Sentences repeat a lot in stories; cutting each of them once makes reading several times faster.
cut_sentences = lru_cache(maxsize=100_000)(split_sentences)
cut_words = lru_cache(maxsize=100_000)(lambda text: tuple(split_words(text)))


def normal_answer(answer: str) -> str:
    """Returns an answer as the vocabulary spells it.

    Example:
    >>> normal_answer(" Milk,Football. ")
    'milk,football'
    """
    return " ".join(cut_words(answer))


def example_of(record: object, *, task: str) -> Example:
    """Makes an example of a record with story, question, answer and maybe task and support.

    Args:
        record: a mapping; the story may be one text or a list of texts, support holds places in
            that list, from 0.
        task: name to give when the record has none.

    Raises:
        DataError: something is missing, unknown or of another kind.

    Example:
    >>> example_of({"story": "Ann ran home.", "question": "Where?", "answer": "Home"}, task="a")
    Example(story=('Ann ran home.',), question='Where?', answer='home', task='a', support=())
    """
    if not isinstance(record, dict):
        raise DataError(
            f"expected an object with story, question and answer, received {shortened(record)}"
        )
    for name in record:
        if name not in FIELDS:
            raise DataError(
                f"expected the fields {', '.join(FIELDS)}, received {shortened(name)}."
                f"{nearest(str(name), FIELDS)}"
            )
    story, places = story_of(record.get("story"))
    question, answer = record.get("question"), record.get("answer")
    for name, value in (("question", question), ("answer", answer)):
        if not isinstance(value, str) or not cut_words(value):
            raise DataError(f"expected a text with words as {name!r}, received {shortened(value)}")
    task = record.get("task", task)
    if not isinstance(task, str) or not task:
        raise DataError(f"expected a name as 'task', received {shortened(task)}")
    support = record.get("support", [])
    if not isinstance(support, list) or not all(
        type(fact) is int and 0 <= fact < len(places) for fact in support
    ):
        raise DataError(
            f"expected as 'support' places in the story from 0 to {len(places) - 1}, "
            f"received {shortened(support)}"
        )
    facts = chain.from_iterable(places[fact] for fact in support)
    return Example(story, str(question).strip(), normal_answer(str(answer)), task, tuple(facts))


def story_of(value: object) -> tuple[tuple[str, ...], list[range]]:
    """Returns the sentences of a text or list of texts, and which came from each text.

    Raises:
        DataError: it is something else.
    """
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise DataError(
            f"expected a text or a list of texts as 'story', received {shortened(value)}"
        )
    sentences: list[str] = []
    places = []
    for text in texts:
        start = len(sentences)
        sentences += cut_sentences(text)
        places.append(range(start, len(sentences)))
    return tuple(sentences), places


def shortened(value: object) -> str:
    """Returns how a value is written, short enough for a message."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
