"""How a run is made: words counted, text written as ids, vectors trained, scored and kept."""

import shutil
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from apps.word_analogies.preprocessing import PHRASES_FILE
from shared.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from apps.word_analogies.config import WordAnalogiesConfig
    from apps.word_analogies.corpus.encoded import EncodedCorpus
    from apps.word_analogies.corpus.files import Corpus
    from apps.word_analogies.preprocessing import WordList
    from apps.word_analogies.testsets import TestSet
    from apps.word_analogies.vectors import WordVectors
    from shared.app import App, Splits
    from shared.bundle import Bundle

CORPUS = Path("state", "corpus")


def train(
    app: "App", config: "WordAnalogiesConfig", run_dir: Path, *, resume: bool = False
) -> "Bundle":
    """Trains into a run folder.

    Raises:
        DataError: the source is no text, or has no vocabulary.
        ConfigError: the settings do not fit together.
    """
    from apps.word_analogies.trainers.further import start_tables
    from apps.word_analogies.trainers.tables import Task, find_trainer
    from apps.word_analogies.vectors import WordVectors
    from shared.bundle import load, record
    from shared.quiet import load_keras
    from shared.runtime import start

    load_keras()
    trainer = find_trainer(config)
    splits = app.load_data(config)
    if not splits.train:
        raise DataError(
            f"Expected text to train on, received the test set {config.data}; give it to "
            "`evaluate`, or as --questions."
        )
    words = _words(app, config, run_dir, splits, resume=resume)
    with ExitStack() as stack:
        stack.enter_context(start(config.runtime, seed=config.seed))
        begin = start_tables(config.vectors.start, words.words, size=config.vectors.size)
        recording = stack.enter_context(
            record(app, config, run_dir, preprocessing=words, info=splits.info, resume=resume)
        )
        task = Task(
            config=config,
            vocabulary=words,
            text=_encoded(splits.train, words, run_dir, lines=config.vectors.trainer == "gensim"),  # type: ignore[arg-type]
            run_dir=run_dir,
            resume=resume,
            start=begin,
        )
        tables = trainer(task)
        vectors = WordVectors(words.words, tables.words, words.counts)
        bundle = keep(app, config, run_dir, words, vectors, recording.manifest, tables.contexts)
        recording.scores |= scored(bundle, splits.validation)
    shutil.rmtree(run_dir / CORPUS)
    return load(run_dir)


def keep(
    app: "App",
    config: "WordAnalogiesConfig",
    run_dir: Path,
    words: "WordList",
    vectors: "WordVectors",
    manifest: dict,
    contexts: "np.ndarray | None" = None,
) -> "Bundle":
    """Writes the weights of a bundle: the table that answers, and the one to train further with."""
    from apps.word_analogies.model import put_vectors
    from apps.word_analogies.trainers.tables import save_contexts
    from shared.bundle import BEST_WEIGHTS, Bundle
    from shared.training.weights import save_weights

    model = app.build_model(config, words)
    put_vectors(model, vectors)
    if contexts is not None:
        save_contexts(contexts, run_dir)
    save_weights(model, run_dir / BEST_WEIGHTS)
    # The trainer's own weights: what is needed of them is in the two files above.
    (run_dir / BEST_WEIGHTS).with_name("last.npz").unlink(missing_ok=True)
    return Bundle(app, config, words, model, manifest, run_dir)


def scored(bundle: "Bundle", test_sets: "Sequence[TestSet]") -> dict[str, float]:
    """Scores a bundle; text in a language that the test sets know no word of has no scores."""
    try:
        return bundle.evaluate(test_sets)
    except DataError as error:
        print(f"The vectors were not scored: {error}", file=sys.stderr)
        return {}


def _words(
    app: "App", config: "WordAnalogiesConfig", run_dir: Path, splits: "Splits", *, resume: bool
) -> "WordList":
    """Counts the words, unless the run that is resumed has done so."""
    assets = run_dir / "assets"
    if resume and (assets / PHRASES_FILE).exists():
        return app.load_preprocessing(config, assets)  # type: ignore[return-value]
    return app.fit_preprocessing(config, splits.train)  # type: ignore[return-value]


def _encoded(corpus: "Corpus", words: "WordList", run_dir: Path, *, lines: bool) -> "EncodedCorpus":
    """Writes the text as ids, unless the run that is resumed has done so."""
    from apps.word_analogies.corpus.encoded import encode, open_encoded
    from shared.errors import BundleError
    from shared.progress import progress_line

    folder = run_dir / CORPUS
    try:
        return open_encoded(folder, words.words)
    except BundleError:
        folder.mkdir(parents=True, exist_ok=True)
        with progress_line("encoding", total=None, unit="words") as progress:
            sentences = words.sentences(corpus)
            return encode(sentences, words.words, folder, text=lines, progress=progress)
