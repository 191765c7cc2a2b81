"""One question about one story: what every reader makes and every batch is built from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Example:
    """A question with the story told before it.

    Args:
        story: sentences in the order they were told.
        question: one sentence.
        answer: as the vocabulary spells it: lower-case, one space between words.
        task: what is counted together in a score, such as "qa1".
        support: places in `story` (from 0) of the sentences that give the answer; may be empty.
    """

    story: tuple[str, ...]
    question: str
    answer: str
    task: str = "stories"
    support: tuple[int, ...] = ()
