"""The two kinds of test sets for word vectors: analogies, and word pairs with a similarity.

Readers make them (`apps.word_analogies.testsets.load`), scores take them
(`apps.word_analogies.evaluation`); they know nothing of files or vectors.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

Question = tuple[str, str, str, str]
Pair = tuple[str, str, float]


@dataclass(frozen=True, repr=False)
class AnalogySet:
    """Questions "a is to b as c is to d", in named sections.

    Args:
        name: short name, which heads its scores.
        sections: the questions (a, b, c, d) of each section, as written; d is the right answer.
            Repeated questions stay, since published accuracies count them.

    Example:
    >>> len(AnalogySet("family", {"gender": [("king", "queen", "man", "woman")]}))
    1
    """

    name: str
    sections: Mapping[str, Sequence[Question]]

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """All questions, section by section."""
        return tuple(question for part in self.sections.values() for question in part)

    @property
    def repeated(self) -> int:
        """How many questions stand there once more."""
        return len(self.questions) - len(set(self.questions))

    @cached_property
    def sha256(self) -> str:
        """The digest of the questions and sections, whatever file they came from."""
        return _digest({name: list(part) for name, part in self.sections.items()})

    def __len__(self) -> int:
        return len(self.questions)

    def __repr__(self) -> str:
        # Thousands of questions help nobody; the digest still tells two sets apart.
        return (
            f"AnalogySet({self.name!r}, {len(self.sections)} sections, {len(self)} questions, "
            f"sha256 {self.sha256[:12]})"
        )


@dataclass(frozen=True, repr=False)
class PairSet:
    """Word pairs with the similarity that people gave them.

    Args:
        name: short name, which heads its scores.
        pairs: (word, word, similarity) as written; the scale does not matter, only the order.

    Example:
    >>> len(PairSet("mine", [("cup", "mug", 9.0), ("cup", "idea", 0.5)]))
    2
    """

    name: str
    pairs: Sequence[Pair]

    @property
    def repeated(self) -> int:
        """How many pairs stand there once more, in either order."""
        return len(self.pairs) - len({frozenset(pair[:2]) for pair in self.pairs})

    @cached_property
    def sha256(self) -> str:
        """The digest of the pairs, whatever file they came from."""
        return _digest(list(self.pairs))

    def __len__(self) -> int:
        return len(self.pairs)

    def __repr__(self) -> str:
        return f"PairSet({self.name!r}, {len(self)} pairs, sha256 {self.sha256[:12]})"


TestSet = AnalogySet | PairSet


def _digest(content: object) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
