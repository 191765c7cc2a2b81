"""Going on from an earlier run: its words keep their vectors, new words get fresh ones."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from apps.word_analogies.trainers.tables import Tables, read_contexts
from shared.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from apps.word_analogies.vectors import WordVectors


def vectors_of(run: Path) -> "WordVectors":
    """Loads the vectors of a run.

    Raises:
        BundleError: it is no run of this app that has ended.
    """
    from apps.word_analogies.vectors import vectors_of_bundle
    from shared.bundle import load

    return vectors_of_bundle(load(run))


def start_tables(
    run: Path | None, words: "Sequence[str]", *, size: int
) -> tuple[Tables, np.ndarray] | None:
    """Returns the tables of an earlier run in the order of other words.

    Args:
        run: the earlier run; None for none.
        words: V words, all of the earlier run's among them.
        size: D of the new run.

    Returns:
        tables (V, D) with rows of zeros for new words, and which words are not new, bool (V,).

    Raises:
        ConfigError: the vectors of the earlier run have another size.
    """
    if run is None:
        return None
    vectors = vectors_of(run)
    if vectors.size != size:
        raise ConfigError(
            f"Expected vectors.size {vectors.size}, as in the run {run} to start from, received "
            f"{size}."
        )
    contexts = read_contexts(run, vectors.matrix.shape)
    found = vectors.ids(words)
    there = np.array([row is not None for row in found])
    rows = np.array([row or 0 for row in found])
    return Tables(vectors.matrix[rows], contexts[rows]), there
