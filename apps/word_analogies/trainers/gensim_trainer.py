"""Trains word vectors with gensim, the reference, from the same ids and under the same settings.

gensim's own `save` is a pickle; here the state between two epochs is two arrays and a number. An
epoch is a function of the tables, the seed and its number, so a resumed run with one worker ends
like one that was never stopped.
"""

import json
import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from apps.word_analogies.trainers.tables import Tables, Task, started
from shared.errors import BundleError
from shared.files import read_arrays, write_arrays
from shared.training.history import write_rows
from shared.training.progress import StageProgress
from shared.training.stopping import StopRequest, TrainingStopped

if TYPE_CHECKING:
    from gensim.models import Word2Vec

STATE = Path("state", "gensim.npz")
# Steps of an epoch in the line of progress.
PARTS = 100
_PROGRESS = re.compile(r"PROGRESS: at ([\d.]+)%")


def train_gensim(task: Task) -> Tables:
    """Trains from the sentences of a text; resumable after each epoch.

    Raises:
        TrainingStopped: Ctrl-C or SIGTERM; the epoch has ended and is saved.
        BundleError: the saved state is damaged.
    """
    model, epochs = _build(task), task.config.training.epochs
    # gensim orders equally frequent words as it likes.
    place = [model.wv.key_to_index[word] for word in task.vocabulary.words]
    tables = started(task, model.wv.vectors[place], model.syn1neg[place])
    rows: list[dict[str, Any]] = []
    state = task.run_dir / STATE
    if task.resume and state.exists():
        tables, rows = _restored(state, shape=tables.words.shape)
    model.wv.vectors[place], model.syn1neg[place] = tables.words, tables.contexts
    with (
        StageProgress("gensim", total_steps=PARTS * epochs, steps_an_epoch=PARTS) as progress,
        StopRequest().listening() as stop,
    ):
        for epoch in range(len(rows), epochs):
            rows.append(_train_epoch(model, task, epoch, progress))
            tables = Tables(model.wv.vectors[place], model.syn1neg[place])
            _save(state, tables, rows)
            write_rows(task.run_dir / "metrics.jsonl", rows)
            progress.epoch_ends(PARTS * (epoch + 1), rows[-1], best=False)
            if stop.requested and epoch + 1 < epochs:
                raise TrainingStopped(
                    f"Stopped after epoch {epoch + 1} of {epochs}; everything is saved in "
                    f"{task.run_dir}. Go on with the same command and --resume."
                )
    return tables


def _build(task: Task) -> "Word2Vec":
    from gensim.models import Word2Vec

    vectors, training = task.config.vectors, task.config.training
    model = Word2Vec(
        vector_size=vectors.size,
        window=vectors.window,
        negative=vectors.negatives,
        sample=vectors.sample,
        sg=int(vectors.method == "skip_gram"),
        workers=vectors.workers,
        alpha=training.learning_rate,
        min_alpha=0.0,
        min_count=1,
        seed=task.config.seed,
    )
    counts = dict(zip(task.vocabulary.words, task.vocabulary.counts.tolist(), strict=True))
    model.build_vocab_from_freq(counts, corpus_count=task.text.sentences)
    return model


def _train_epoch(
    model: "Word2Vec", task: Task, epoch: int, progress: StageProgress
) -> dict[str, Any]:
    """Trains one epoch, and returns its row of metrics.jsonl."""
    training, words = task.config.training, task.vocabulary.total_words
    began = time.monotonic()
    progress.epoch_begins(done=PARTS * epoch)
    # All that is random in an epoch comes from here.
    model.random = np.random.RandomState((task.config.seed, epoch))
    end_rate = _rate(training.learning_rate, epoch + 1, training.epochs)
    with _reported(progress, epoch, words=words):
        model.train(
            corpus_file=str(task.text.text),
            total_words=words,
            total_examples=task.text.sentences,
            epochs=1,
            start_alpha=_rate(training.learning_rate, epoch, training.epochs),
            end_alpha=end_rate,
        )
    progress.training_ends(PARTS * (epoch + 1))
    seconds = time.monotonic() - began
    return {
        "stage": "gensim",
        "epoch": epoch + 1,
        "step": epoch + 1,
        "learning_rate": end_rate,
        "seconds": round(seconds, 3),
        "items_per_second": round(words / seconds, 1),
    }


def _rate(peak: float, done: int, epochs: int) -> float:
    return peak * (1 - done / epochs)


@contextmanager
def _reported(progress: StageProgress, epoch: int, *, words: int) -> Iterator[None]:
    """Shows how far an epoch is, which gensim tells nobody but its log."""

    class Watcher(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found = _PROGRESS.search(record.getMessage())
            if found and progress.due():
                share = float(found[1]) / 100
                done = PARTS * epoch + int(PARTS * share)
                progress.step(done, items=int(share * words))

    logger, watcher = logging.getLogger("gensim.models.word2vec"), Watcher()
    level, propagate = logger.level, logger.propagate
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.addHandler(watcher)
    try:
        yield
    finally:
        logger.removeHandler(watcher)
        logger.setLevel(level)
        logger.propagate = propagate


def _save(path: Path, tables: Tables, rows: list[dict[str, Any]]) -> None:
    about = np.array(json.dumps(rows))
    write_arrays(path, {"words": tables.words, "contexts": tables.contexts, "rows": about})


def _restored(path: Path, *, shape: tuple[int, ...]) -> tuple[Tables, list[dict[str, Any]]]:
    arrays = read_arrays(path)
    try:
        words, contexts = arrays["words"], arrays["contexts"]
        if not words.shape == contexts.shape == shape:
            raise ValueError(f"tables of {words.shape} and {contexts.shape}, not of {shape}")
        return Tables(words, contexts), json.loads(str(arrays["rows"]))
    except (KeyError, ValueError) as error:
        raise BundleError(
            f"Expected the state of a gensim training in {path}, received: {error}; train again."
        ) from None
