"""The tokenisers of both languages: one and the same, or one for each.

This is what training fits and a bundle keeps. A joint one lets the network share the embeddings of
both languages; names and numbers then are the same ids on both sides. Languages of different
scripts share little, and may as well have their own.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

from apps.translation.corpus.pair import Pair
from apps.translation.tokeniser import Tokeniser
from apps.translation.tokeniser_training import train_tokeniser
from shared.errors import DataError

JOINT_FILE, SOURCE_FILE, TARGET_FILE = "joint.model", "source.model", "target.model"


@dataclass(frozen=True)
class Tokenisers:
    """The tokenisers of the source and the target language.

    Args:
        source: of the language to translate from.
        target: of the language to translate to; the same one if they are joint.
    """

    source: Tokeniser
    target: Tokeniser

    @property
    def joint(self) -> bool:
        """Whether one tokeniser serves both languages."""
        return self.source == self.target

    @classmethod
    def fit(cls, train: Sequence[Pair], *, joint: bool = True, **options: Any) -> "Tokenisers":
        """Trains on training pairs only.

        Args:
            train: the pairs.
            joint: trains one on both sides.
            options: of `train_tokeniser`; the size is that of each one.

        Raises:
            DataError: there is no pair, or the vocabulary does not fit the text.
        """
        if not train:
            raise DataError(
                "Expected training pairs to take the vocabulary from, received none; give a "
                "source with a training part."
            )
        sides = [(pair.source for pair in train), (pair.target for pair in train)]
        if joint:
            both = train_tokeniser(chain(*sides), **options)
            return cls(both, both)
        return cls(*(train_tokeniser(side, **options) for side in sides))

    def save(self, folder: Path) -> None:
        """Writes joint.model, or source.model and target.model, each with its .vocab."""
        if self.joint:
            self.source.save(Path(folder, JOINT_FILE))
            return
        self.source.save(Path(folder, SOURCE_FILE))
        self.target.save(Path(folder, TARGET_FILE))

    @classmethod
    def load(cls, folder: Path) -> "Tokenisers":
        """Reads what `save` wrote.

        Raises:
            BundleError: a file is missing or damaged.
        """
        if Path(folder, SOURCE_FILE).exists():
            return cls(
                Tokeniser.load(Path(folder, SOURCE_FILE)), Tokeniser.load(Path(folder, TARGET_FILE))
            )
        both = Tokeniser.load(Path(folder, JOINT_FILE))
        return cls(both, both)
