"""What turns sentences into ids for this run: one tokeniser for both languages."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from apps.translation.corpus.pair import Pair
from apps.translation.tokeniser import END_ID, Tokeniser
from apps.translation.tokeniser_training import train_tokeniser

if TYPE_CHECKING:
    from apps.translation.config import TokensConfig

MODEL_FILE = "tokens.model"


@dataclass(frozen=True)
class PairPreprocessing:
    """A joint tokeniser, saved as `tokens.model` and readable `tokens.vocab`."""

    tokeniser: Tokeniser

    @classmethod
    def fit(
        cls, train: Sequence[Pair], config: "TokensConfig", *, seed: int
    ) -> "PairPreprocessing":
        """Trains the tokeniser on both sides of the training pairs.

        Raises:
            DataError: the vocabulary is larger or smaller than the text allows.
        """
        texts = [text for pair in train for text in pair]
        return cls(
            train_tokeniser(
                texts,
                size=config.vocabulary_size,
                kind=config.method,
                byte_fallback=config.byte_fallback,
                seed=seed,
            )
        )

    def encode(self, texts: Sequence[str]) -> list[np.ndarray]:
        """Returns the ids of each text, int32, without start and end."""
        return [np.array(ids, np.int32) for ids in self.tokeniser.encode(texts)]

    def source_ids(self, texts: Sequence[str], *, max_tokens: int) -> np.ndarray:
        """Returns int32 (B, S): ids of at most `max_tokens`, the end token, and 0 behind it."""
        rows = [ids[:max_tokens] for ids in self.encode(texts)]
        source_ids = np.zeros((len(rows), 1 + max(map(len, rows), default=0)), np.int32)
        for place, ids in enumerate(rows):
            source_ids[place, : len(ids)] = ids
            source_ids[place, len(ids)] = END_ID
        return source_ids

    def save(self, folder: Path) -> None:
        """Writes tokens.model and tokens.vocab."""
        self.tokeniser.save(folder / MODEL_FILE)

    @classmethod
    def load(cls, folder: Path) -> "PairPreprocessing":
        """Reads what `save` wrote.

        Raises:
            BundleError: the model is missing or damaged.
        """
        return cls(Tokeniser.load(folder / MODEL_FILE))
