"""The three ways a file may tell stories: the bAbI format, plain text, and JSON lines.

Each reader turns numbered lines into stories, a story being the list of its questions, and
notes every problem instead of stopping at the first. docs/data_formats.md describes the formats
for users; `apps.memory_qa.data` decides which files are read.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import IO

from apps.memory_qa.example import Example
from apps.memory_qa.records import cut_sentences, cut_words, example_of, normal_answer, shortened
from shared.data.lines import Problems, read_lines
from shared.errors import DataError

Lines = Iterable[tuple[int, str]]
Story = list[Example]


class _Teller:
    """Collects the sentences and questions of one file, story by story."""

    def __init__(self, task: str, problems: Problems) -> None:
        self.stories: list[Story] = []
        self._task = task
        self._problems = problems
        self._sentences: list[str] = []
        self._places: dict[int, range] = {}
        self._questions: Story = []

    def end(self) -> None:
        """Ends the story; the next sentence begins a new one."""
        if self._questions:
            self.stories.append(self._questions)
        self._sentences, self._places, self._questions = [], {}, []

    def tell(self, line: int, text: str, *, place: int) -> None:
        """Adds a line of the story; `place` is what supporting facts will call it."""
        sentences = cut_sentences(text)
        if not sentences:
            self._problems.add(line, f"expected a sentence, received {shortened(text)}")
        elif sentences[-1].endswith("?"):
            self._problems.add(
                line,
                f"expected a tab and the answer behind the question, received {shortened(text)}",
            )
        start = len(self._sentences)
        self._sentences += sentences
        self._places[place] = range(start, len(self._sentences))

    def ask(self, line: int, text: str) -> None:
        """Adds a question: "question<TAB>answer", maybe with "<TAB>places of supporting facts"."""
        question, *rest = text.split("\t")
        answer = normal_answer(rest[0])
        support: list[int] = []
        if not cut_words(question) or not answer or len(rest) > 2:
            self._problems.add(
                line,
                f"expected question<TAB>answer, with words in both, received {shortened(text)}",
            )
            return
        for fact in rest[1].split() if len(rest) == 2 else ():
            place = int(fact) if fact.isdecimal() and len(fact) < 10 else 0
            if place not in self._places:
                self._problems.add(
                    line,
                    "expected as supporting facts the numbers of earlier sentences of this story, "
                    f"received {shortened(fact)}",
                )
                return
            support += self._places[place]
        self._questions.append(
            Example(tuple(self._sentences), question.strip(), answer, self._task, tuple(support))
        )


def read_babi(lines: Lines, problems: Problems, *, task: str) -> list[Story]:
    r"""Reads the official bAbI format: numbered lines, a new story where the numbers restart.

    A supporting fact names the line number of a sentence; it is turned into the place of the
    sentence, since questions are no part of the story.

    Args:
        lines: (line number, text).
        problems: takes what is wrong.
        task: name given to all questions.

    Example:
    >>> lines = enumerate(["1 Ann ran home.", "2 Where is Ann?\thome\t1"], start=1)
    >>> read_babi(lines, Problems("x"), task="qa1")[0][0].support
    (0,)
    """
    teller, expected = _Teller(task, problems), 1
    for line, text in lines:
        if not text.strip():
            continue
        number, _, rest = text.partition(" ")
        if not rest or not number.isdecimal() or len(number) > 9:
            problems.add(
                line, f"expected a number, a space and a sentence, received {shortened(text)}"
            )
            continue
        place = int(number)
        if place not in (1, expected):
            problems.add(line, f"expected the number {expected} (or 1), received {place}")
        if place == 1:
            teller.end()
        expected = place + 1
        if "\t" in rest:
            teller.ask(line, rest)
        else:
            teller.tell(line, rest, place=place)
    teller.end()
    return teller.stories


def read_plain(lines: Lines, problems: Problems, *, task: str) -> list[Story]:
    r"""Reads plain text: a sentence a line, "question<TAB>answer", an empty line between stories.

    Args:
        lines: (line number, text).
        problems: takes what is wrong.
        task: name given to all questions.

    Example:
    >>> lines = enumerate(["Ann ran home.", "Where is Ann?\thome"], start=1)
    >>> read_plain(lines, Problems("x"), task="mine")[0][0].answer
    'home'
    """
    teller, place = _Teller(task, problems), 0
    for line, text in lines:
        place += 1
        if not text.strip():
            teller.end()
            place = 0
        elif "\t" in text:
            teller.ask(line, text)
        else:
            teller.tell(line, text, place=place)
    teller.end()
    return teller.stories


def read_json_lines(lines: Lines, problems: Problems, *, task: str) -> list[Story]:
    """Reads JSON lines: objects with story, question, answer and maybe task and support.

    Lines that follow one another belong to one story while each story begins like the one before.

    Args:
        lines: (line number, text).
        problems: takes what is wrong.
        task: name given to questions without one.
    """
    examples = []
    for line, text in lines:
        if not text.strip():
            continue
        try:
            examples.append(example_of(json.loads(text), task=task))
        except DataError as error:
            problems.add(line, str(error))
        except (ValueError, RecursionError) as error:
            problems.add(line, f"expected a JSON object, received {shortened(text)} ({error})")
    return grouped(examples)


def grouped(examples: Iterable[Example]) -> list[Story]:
    """Puts questions that follow one another together while their story goes on.

    Example:
    >>> stories = ("a",), ("a", "b"), ("c",)
    >>> [len(story) for story in grouped(Example(story, "q", "x") for story in stories)]
    [2, 1]
    """
    stories: list[Story] = []
    for example in examples:
        last = stories[-1][-1].story if stories else ()
        if last and example.story[: len(last)] == last:
            stories[-1].append(example)
        else:
            stories.append([example])
    return stories


def read_stories(stream: IO[bytes], *, label: str, task: str) -> list[Story]:
    """Reads the stories of one file; the first line that is not empty tells its format.

    Args:
        stream: bytes of the file.
        label: its name, for messages.
        task: name given to questions without one.

    Raises:
        DataError: lists what is wrong with the file.
    """
    problems = Problems(label)
    stories = _read(read_lines(stream, problems), problems, task)
    if not stories and not len(problems):
        problems.add(1, "expected at least one question with its answer, received none")
    problems.raise_any()
    return stories


def _read(lines: Iterator[tuple[int, str]], problems: Problems, task: str) -> list[Story]:
    before = []
    for line, text in lines:
        before.append((line, text))
        if text.strip():
            break
    first = before[-1][1].lstrip() if before else ""
    reader: Callable[..., list[Story]] = read_plain
    if first.startswith(("{", "[")):
        reader = read_json_lines
    elif re.match(r"1 \S", first):
        reader = read_babi
    return reader(chain(before[-1:], lines), problems, task=task)
