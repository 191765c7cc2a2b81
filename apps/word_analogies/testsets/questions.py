"""Readers of analogy questions: one file with sections or tags, or questions beside answers.

Google's file (Mikolov, Chen, Corrado, Dean 2013, arXiv:1301.3781) heads each section by a line
": name". Microsoft's (Mikolov, Yih, Zweig 2013, "Linguistic Regularities in Continuous Space
Word Representations") is two files, `word_relationship.questions` with "a b c" and
`word_relationship.answers` with "TAG d"; the tag, such as JJ_JJR, is taken as the section.
"""

import re
from collections.abc import Iterable

from apps.word_analogies.testsets.sets import Question
from shared.data.lines import Problems
from shared.errors import DataError

Lines = Iterable[tuple[int, str]]
Sections = dict[str, list[Question]]

# Two part-of-speech tags, as in JJ_JJR or NN_NNPOS.
TAG = re.compile(r"[A-Z]{2,6}_[A-Z]{2,6}")
ALL = "all"


def meaningful(lines: Lines) -> Lines:
    """Leaves out empty lines and comments ("#" or "//")."""
    return ((n, text) for n, text in lines if text.strip() and not text.startswith(("#", "//")))


def read_questions(lines: Lines, problems: Problems) -> Sections:
    """Reads "a b c d" a line, in sections headed by ": name" or with a tag behind the words.

    Args:
        lines: (line number, text).
        problems: takes what is wrong.

    Example:
    >>> lines = enumerate([": tense", "go went see saw"], start=1)
    >>> read_questions(lines, Problems("x"))
    {'tense': [('go', 'went', 'see', 'saw')]}
    >>> read_questions([(1, "good better rough rougher JJ_JJR")], Problems("x"))
    {'JJ_JJR': [('good', 'better', 'rough', 'rougher')]}
    """
    sections: Sections = {}
    section = ALL
    for line, text in meaningful(lines):
        if text.startswith(":"):
            section = text.lstrip(": ").strip()
            if not section:
                problems.add(line, "expected the name of a section behind ':', received none")
            continue
        words = text.split()
        tagged = len(words) == 5 and TAG.fullmatch(words[4])
        if len(words) == 4 or tagged:
            name = words[4] if tagged else section
            sections.setdefault(name, []).append((words[0], words[1], words[2], words[3]))
        else:
            problems.add(line, f"expected four words, received {len(words)}: {_shown(text)}")
    return sections


def read_question_answer(
    questions: Lines, answers: Lines, *, problems: tuple[Problems, Problems], label: str
) -> Sections:
    """Joins a file of questions "a b c" with a file of answers "TAG d" or "d", line by line.

    Args:
        questions: (line number, text).
        answers: the same of the other file.
        problems: take what is wrong in the first and the second file.
        label: the name of both, for messages.

    Raises:
        DataError: there are more questions than answers, or fewer.
    """
    asked, told = [], []
    for line, text in meaningful(questions):
        words = text.split()
        if len(words) != 3:
            problems[0].add(line, f"expected three words, received {_shown(text)}")
        asked.append(words)
    for line, text in meaningful(answers):
        words = text.split()
        if len(words) not in (1, 2):
            problems[1].add(line, f"expected a tag and a word, received {_shown(text)}")
        told.append(words)
    for one in problems:
        one.raise_any()
    if len(asked) != len(told):
        raise DataError(
            f"Expected one answer for each of {len(asked)} questions in {label}, received "
            f"{len(told)} answers; give the two files that belong together."
        )
    sections: Sections = {}
    for (a, b, c), answer in zip(asked, told, strict=True):
        section = answer[0] if len(answer) == 2 else ALL
        sections.setdefault(section, []).append((a, b, c, answer[-1]))
    return sections


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:60] + "...")
