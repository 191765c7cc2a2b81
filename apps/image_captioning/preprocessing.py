"""Captions to ids and back: the words of the training captions.

Words are lower-cased and freed of punctuation as `shared.text.words` says, which is near to how
coco-caption counts them. Networks write words; nothing here reads a user's text, so only decoding
is needed in the served graph (`graph_captions`).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from apps.image_captioning.example import Example
from shared.errors import BundleError, DataError
from shared.text.words import Vocabulary, split_words

VOCABULARY_FILE = "vocabulary.txt"
# No word of a text is written so: brackets around words are cut off.
START, END = "[START]", "[END]"
PADDING_ID, UNKNOWN_ID, START_ID, END_ID = 0, 1, 2, 3


@dataclass(frozen=True)
class CaptionPreprocessing:
    """Turns captions into ids of words, and ids into captions.

    Id 0 is padding, 1 unknown, 2 the start and 3 the end of a caption.

    Args:
        vocabulary: whose first words, at 2 and 3, are `START` and `END`.
    """

    vocabulary: Vocabulary

    @classmethod
    def fit(cls, train: Iterable[Example], *, min_count: int = 5) -> "CaptionPreprocessing":
        """Takes the words that training captions have at least so many times, frequent ones first.

        Raises:
            DataError: there is no such word.
        """
        counts = Counter(
            word
            for example in train
            for caption in example.captions
            for word in split_words(caption)
        )
        kept = [word for word, count in counts.items() if count >= min_count]
        if not kept:
            raise DataError(
                f"Expected words that training captions have {min_count} times or more, received "
                f"{len(counts):,} different words, all of them fewer times; give more captions, or "
                "lower the smallest count."
            )
        kept.sort(key=lambda word: (-counts[word], word))
        return cls(Vocabulary([START, END, *kept]))

    def __len__(self) -> int:
        """Ids, with the four that are no words."""
        return len(self.vocabulary)

    def encode(self, captions: Sequence[str], *, max_words: int) -> list[np.ndarray]:
        """Returns the ids of each caption, int32 (T,), without start.

        The end follows the last word, but not where a caption is cut: that has one word more
        instead, lest a network learn to stop in the middle.

        Args:
            captions: any texts.
            max_words: words before the end, from 1.

        Example:
        >>> words = CaptionPreprocessing(Vocabulary([START, END, "a", "dog"]))
        >>> [ids.tolist() for ids in words.encode(["A dog.", "A dog, a cat."], max_words=2)]
        [[4, 5, 3], [4, 5, 4]]
        """
        return [
            np.array(
                [*self.vocabulary.ids(split_words(caption)), END_ID][: max_words + 1], np.int32
            )
            for caption in captions
        ]

    def decode(self, ids: Iterable[int]) -> str:
        """Returns the words before the first end, with spaces; an unknown one as "[UNK]".

        Args:
            ids: int (T,); start and padding give no text.

        Raises:
            IndexError: an id is beyond the vocabulary.

        Example:
        >>> words = CaptionPreprocessing(Vocabulary([START, END, "a", "dog"]))
        >>> words.decode([2, 4, 5, 3, 4, 0])
        'a dog'
        """
        said = []
        for one in ids:
            if one == END_ID:
                break
            if one not in (PADDING_ID, START_ID):
                said.append(self.vocabulary.words[one])
        return " ".join(said)

    def save(self, folder: Path) -> None:
        """Writes vocabulary.txt, a word a line; the line number, from 0, is the id."""
        self.vocabulary.save(Path(folder, VOCABULARY_FILE))

    @classmethod
    def load(cls, folder: Path) -> "CaptionPreprocessing":
        """Reads what `save` wrote.

        Raises:
            BundleError: the file is missing or damaged.
        """
        path = Path(folder, VOCABULARY_FILE)
        vocabulary = Vocabulary.load(path)
        first = vocabulary.words[START_ID : END_ID + 1]
        if first != (START, END):
            raise BundleError(
                f"Expected a vocabulary at {path} whose third and fourth lines are {START} and "
                f"{END}, received {list(first)}; restore the run folder from a copy or train again."
            )
        return cls(vocabulary)
