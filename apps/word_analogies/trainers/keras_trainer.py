"""Trains word vectors with Keras: one stage of the skip-gram network."""

import keras

from apps.word_analogies.trainers.batches import Layout, SkipGramBatches
from apps.word_analogies.trainers.skip_gram import SkipGram
from apps.word_analogies.trainers.tables import Tables, Task, started
from shared.training import Stage, build_optimizer, fit
from shared.training.weights import to_array

# Blocks in one call of the compiled step; enough that the call costs nothing beside them.
BLOCKS = 64


def train_keras(task: Task) -> Tables:
    """Trains from the ids of a text; resumable at any step."""
    config, vectors = task.config, task.config.vectors
    batches = SkipGramBatches(
        task.text.ids,
        task.vocabulary.counts,
        Layout(
            row=vectors.row,
            rows=max(1, config.training.batch_size // vectors.row),
            blocks=BLOCKS,
            window=vectors.window,
            negatives=vectors.shared_negatives,
            sample=vectors.sample,
        ),
        seed=config.seed,
    )
    model = SkipGram(
        vocabulary_size=len(task.vocabulary),
        vector_size=vectors.size,
        row=vectors.row,
        window=vectors.window,
        negatives=vectors.negatives,
        shared_negatives=vectors.shared_negatives,
    )
    begin = started(task, *map(to_array, model.weights))
    model.word_vectors.assign(begin.words)
    model.context_vectors.assign(begin.contexts)
    epochs = config.training.epochs
    stage = Stage(
        name="skip_gram",
        model=model,
        train=batches,
        epochs=epochs,
        # One step more than there are, so that the last one still has a rate.
        optimizer=lambda: build_optimizer(config.training, total_steps=epochs * len(batches) + 1),
        loss=None,
        patience=config.training.patience,
        jit_compile=config.runtime.jit_compile and keras.backend.backend() == "tensorflow",
    )
    fit([stage], task.run_dir, config=config.training, seed=config.seed, resume=task.resume)
    return Tables(to_array(model.word_vectors), to_array(model.context_vectors))
