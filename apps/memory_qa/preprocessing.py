"""Stories to ids: the one object that training, `predict` and the bundle share.

Its Python side is here; `shared.text.graph` does the same inside a served graph, from the same
vocabulary file. Stories are right-aligned: the last row is the latest sentence, so that "how
long ago" means the same in a short and a long story; empty rows of zeros come first. Words are
left-aligned, zeros behind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from apps.memory_qa.example import Example
from apps.memory_qa.item import Item
from shared.errors import BundleError, DataError
from shared.files import write_text
from shared.text.words import Vocabulary, split_sentences, split_words

VOCABULARY_FILE, LIMITS_FILE = "vocabulary.txt", "limits.txt"


@dataclass(frozen=True)
class StoryPreprocessing:
    """Turns stories and questions into ids.

    Args:
        vocabulary: words of the training stories, and their answers (an answer of several words
            is one entry).
        max_words: words kept of a sentence or question, from its start.
        memory_size: sentences kept of a story, from its end.
    """

    vocabulary: Vocabulary
    max_words: int
    memory_size: int

    @classmethod
    def fit(
        cls, train: Iterable[Example], *, max_words: int = 64, memory_size: int = 50
    ) -> "StoryPreprocessing":
        """Makes the vocabulary, in alphabetical order, of training examples only.

        Raises:
            DataError: there is no training example.
        """
        texts: set[str] = set()
        answers: set[str] = set()
        for example in train:
            texts.update(example.story)
            texts.add(example.question)
            answers.add(example.answer)
        if not answers:
            raise DataError(
                "Expected training stories to take the vocabulary from, received none; "
                "give a source with a training part."
            )
        words = answers.union(*map(split_words, texts))
        return cls(Vocabulary(sorted(words)), max_words, memory_size)

    def word_ids(self, text: str) -> list[int]:
        """Returns the ids of the words kept of a sentence or question."""
        return self.vocabulary.ids(split_words(text)[: self.max_words])

    def answer_id(self, answer: str) -> int:
        """Returns the id of an answer; 1, which is never right, for an unknown one."""
        return self.vocabulary.ids([answer])[0]

    def kept_sentences(self, story: Sequence[str]) -> list[str]:
        """Returns the sentences of a story the network sees, the latest last."""
        return split_sentences("\n".join(story))[-self.memory_size :]

    def encode(self, items: Sequence[Item]) -> dict[str, np.ndarray]:
        """Returns the inputs of the network for (story, question) pairs.

        N is the longest story among the items and J the longest sentence or question, each at
        least 1, as in the served graph.

        Returns:
            "story_ids" int32 (B, N, J) and "question_ids" int32 (B, J).
        """
        stories = [
            [self.word_ids(sentence) for sentence in self.kept_sentences(story)]
            for story, _ in items
        ]
        questions = [self.word_ids(question) for _, question in items]
        sentences = max([1, *map(len, stories)])
        rows = [*questions, *(row for story in stories for row in story)]
        words = max([1, *map(len, rows)])
        story_ids = np.zeros((len(items), sentences, words), np.int32)
        question_ids = np.zeros((len(items), words), np.int32)
        for place, (story, question) in enumerate(zip(stories, questions, strict=True)):
            question_ids[place, : len(question)] = question
            for age, row in enumerate(reversed(story), start=1):
                story_ids[place, sentences - age, : len(row)] = row
        return {"story_ids": story_ids, "question_ids": question_ids}

    def unknown_words(self, item: Item) -> list[str]:
        """Returns the words of the story and question that training never saw, as they come."""
        words = [*split_words("\n".join(item[0])), *split_words(item[1])]
        return [word for word in words if word not in self.vocabulary]

    def save(self, folder: Path) -> None:
        """Writes vocabulary.txt and limits.txt."""
        self.vocabulary.save(Path(folder, VOCABULARY_FILE))
        write_text(
            Path(folder, LIMITS_FILE),
            f"max_words {self.max_words}\nmemory_size {self.memory_size}\n",
        )

    @classmethod
    def load(cls, folder: Path) -> "StoryPreprocessing":
        """Reads what `save` wrote.

        Raises:
            BundleError: a file is missing or damaged.
        """
        path = Path(folder, LIMITS_FILE)
        try:
            lines = [line.split() for line in path.read_text(encoding="utf-8").splitlines()]
            limits = {name: int(value) for name, value in lines}
            max_words, memory_size = limits["max_words"], limits["memory_size"]
        except (OSError, ValueError, KeyError) as error:
            raise BundleError(
                f"Expected max_words and memory_size with a number each in {path}, received: "
                f"{error}; restore the run folder from a copy or train again."
            ) from None
        return cls(Vocabulary.load(Path(folder, VOCABULARY_FILE)), max_words, memory_size)
