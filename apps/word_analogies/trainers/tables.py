"""What every trainer is given and gives back, so that one can stand in for another.

A trainer is a function of a `Task` that returns `Tables`; it writes its state into the run folder
while it trains, and goes on from there when the run is resumed.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shared.errors import BundleError, ConfigError
from shared.files import read_arrays, write_arrays

if TYPE_CHECKING:
    from apps.word_analogies.config import WordAnalogiesConfig
    from apps.word_analogies.corpus.encoded import EncodedCorpus
    from apps.word_analogies.preprocessing import WordList

CONTEXT_VECTORS = Path("weights", "context_vectors.npz")


@dataclass(frozen=True)
class Tables:
    """The two tables of word2vec.

    Args:
        words: float32 (V, D), the vectors that are used.
        contexts: float32 (V, D), the vectors of words as contexts, needed to train further.
    """

    words: np.ndarray
    contexts: np.ndarray


@dataclass(frozen=True)
class Task:
    """One training of word vectors.

    Args:
        config: of the run.
        vocabulary: the words, whose place is their id.
        text: the corpus as ids, and as lines where the trainer reads those.
        run_dir: where state and metrics go.
        resume: go on from the state of this run.
        start: tables to begin with instead of random ones, and whether each word has its row
            there, bool (V,).
    """

    config: "WordAnalogiesConfig"
    vocabulary: "WordList"
    text: "EncodedCorpus" = field(repr=False)
    run_dir: Path
    resume: bool = False
    start: "tuple[Tables, np.ndarray] | None" = None


Trainer = Callable[[Task], Tables]


def find_trainer(config: "WordAnalogiesConfig") -> Trainer:
    """Returns the trainer that the settings ask for.

    Raises:
        ConfigError: it cannot do what they ask for.
    """
    vectors, training, runtime = config.vectors, config.training, config.runtime
    if training.optimizer != "sgd" or training.clip_norm is not None:
        raise ConfigError(
            "Expected training.optimizer sgd without training.clip_norm, since word vectors are "
            f"trained by plain gradient descent, received {training.optimizer!r} and "
            f"{training.clip_norm}."
        )
    if (runtime.devices, runtime.processes, runtime.precision) != ("one", 1, "float32"):
        raise ConfigError(
            "Expected runtime.devices one, processes 1 and precision float32, since word vectors "
            f"are trained on one device, received {runtime.devices!r}, {runtime.processes} and "
            f"{runtime.precision!r}."
        )
    sizes = {
        "vectors.size": vectors.size,
        "vectors.window": vectors.window,
        "vectors.negatives": vectors.negatives,
        "vectors.row": vectors.row,
        "vectors.shared_negatives": vectors.shared_negatives,
        "training.batch_size": training.batch_size,
        "vectors.workers": vectors.workers,
        "training.epochs": training.epochs,
        "answers": config.answers,
    }
    small = [f"{name} {size}" for name, size in sizes.items() if size < 1]
    if small:
        raise ConfigError(f"Expected sizes of 1 or more, received {', '.join(small)}.")
    if not 0 < training.learning_rate < math.inf or not 0 <= vectors.sample < math.inf:
        raise ConfigError(
            "Expected a learning rate above 0 and a sample from 0 on, received "
            f"{training.learning_rate} and {vectors.sample}."
        )
    if vectors.trainer == "gensim":
        from apps.word_analogies.trainers.gensim_trainer import train_gensim

        return train_gensim
    if vectors.trainer == "lsa":
        from apps.word_analogies.trainers.lsa_trainer import train_by_counting

        if vectors.start is not None:
            raise ConfigError("Expected no vectors.start with the lsa trainer, which counts anew.")
        return train_by_counting
    if vectors.method != "skip_gram":
        raise ConfigError(
            f"Expected vectors.method skip_gram with the keras trainer, received "
            f"{vectors.method!r}; add --vectors.trainer gensim."
        )
    from apps.word_analogies.trainers.keras_trainer import train_keras

    return train_keras


def save_contexts(contexts: np.ndarray, run_dir: Path) -> None:
    """Keeps the table of contexts in the bundle."""
    write_arrays(run_dir / CONTEXT_VECTORS, {"context_vectors": contexts})


def read_contexts(run_dir: Path, shape: tuple[int, ...]) -> np.ndarray:
    """Returns the table of contexts of a run; zeros where it has none, as an import has not.

    Raises:
        BundleError: its shape is not that of the vectors.
    """
    if not (run_dir / CONTEXT_VECTORS).exists():
        return np.zeros(shape, np.float32)
    contexts = read_arrays(run_dir / CONTEXT_VECTORS).get("context_vectors", np.zeros(0))
    if contexts.shape != shape:
        raise BundleError(
            f"Expected {shape} numbers in {run_dir / CONTEXT_VECTORS}, received {contexts.shape}; "
            "restore the run folder from a copy or train again."
        )
    return contexts


def started(task: Task, words: np.ndarray, contexts: np.ndarray) -> Tables:
    """Puts the rows of an earlier run over fresh ones, if the task goes on from one."""
    if task.start is None:
        return Tables(words, contexts)
    (before, there) = task.start
    return Tables(
        np.where(there[:, None], before.words, words).astype(np.float32),
        np.where(there[:, None], before.contexts, contexts).astype(np.float32),
    )
