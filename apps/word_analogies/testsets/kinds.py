"""Tells from the beginning of a file whether it is a test set, and of which kind."""

from typing import Literal

from apps.word_analogies.testsets.pairs import columns, is_numeric, pair_of, separator
from apps.word_analogies.testsets.questions import TAG, meaningful

Kind = Literal["questions", "pairs"]

HEAD_BYTES = 2**14
HEAD_LINES = 200
# Most lines must fit, not all: a test set with a mistake is told what is wrong with it.
FITTING = 0.8


def kind_of(head: bytes, *, careful: bool = True) -> Kind | None:
    r"""Returns the kind of test set that begins like this; None for anything else.

    Args:
        head: the first bytes of the file; its last line may be cut.
        careful: whether it may as well be text to train on. Lines of four plain words are then no
            questions, since sentences look like that.

    Example:
    >>> kind_of(b": family\nking queen man woman\n"), kind_of(b"cup\tmug\t9.0\n")
    ('questions', 'pairs')
    >>> kind_of(b"the cat sat down\n"), kind_of(b"the cat sat down\n", careful=False)
    (None, 'questions')
    """
    text = head.decode("utf-8", "replace").removeprefix("\ufeff")
    # The end of a long head is the middle of a line, unless it is all there is.
    whole = text.split("\n")[:-1] or [text]
    lines = [line for _, line in meaningful(enumerate(whole))][:HEAD_LINES]
    if not lines or "\0" in text:
        return None
    questions = [_is_question(line, careful=careful) for line in lines]
    pairs = _pairs(lines)
    if not careful:
        return "pairs" if sum(pairs) > sum(questions) else "questions"
    in_sections = lines[0].startswith(": ") and len(lines[1:]) and len(lines[1].split()) == 4
    if in_sections or sum(questions) >= FITTING * len(questions):
        return "questions"
    return "pairs" if pairs and sum(pairs) >= FITTING * len(pairs) else None


def _pairs(lines: list[str]) -> list[bool]:
    mark = separator(lines[0])
    fits = []
    for line in lines:
        cells = columns(line, mark)
        # A number as second word is the beginning of a vector.
        pair = pair_of(cells) if not is_numeric(cells[min(1, len(cells) - 1)]) else None
        fits.append(pair is not None and (mark is not None or len(cells) == 3))
    return fits if fits[0] else fits[1:]


def _is_question(line: str, *, careful: bool) -> bool:
    words = line.split()
    if len(words) == 5 and TAG.fullmatch(words[4]):
        return True
    return not careful and (line.startswith(":") or len(words) == 4)
