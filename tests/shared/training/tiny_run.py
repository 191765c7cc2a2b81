"""A run small enough to be killed many times: dropout, Adam, two stages, uneven batches."""

import hashlib
import sys
import time
from pathlib import Path

import keras
import numpy as np

from shared.config import RuntimeConfig, TrainingConfig
from shared.runtime import start
from shared.training import History, Stage, build_optimizer, fit

BATCHES = 5
SIZES = (3, 4)  # Words of even and of odd batches.


class TinyBatches:
    """Batches that are a pure function of (seed, index).

    Args:
        seed: of the data.
        length: batches in an epoch.
        rows: rows of a batch; the last batch of an epoch has one less.
        seconds: how long it takes to make one.
    """

    def __init__(self, seed, *, length=BATCHES, rows=6, seconds=0.0):
        self.seed, self.length, self.rows, self.seconds = seed, length, rows, seconds

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        time.sleep(self.seconds)
        random = np.random.default_rng([self.seed, index])
        rows = self.rows - (index % self.length == self.length - 1)
        values = random.normal(size=(rows, SIZES[index % 2], 4)).astype("float32")
        return {"values": values}, (values.sum((1, 2)) > 0).astype("int32")


def tiny_model(*, dropout=0.3):
    """A classifier of a row of vectors; dropout keeps a random seed among its variables."""
    inputs = keras.Input((None, 4), name="values")
    hidden = keras.layers.Dense(8, activation="relu", name="hidden")(inputs)
    hidden = keras.layers.Dropout(dropout, name="dropout")(hidden)
    hidden = keras.layers.GlobalAveragePooling1D(name="mean")(hidden)
    scores = keras.layers.Dense(2, name="scores", dtype="float32")(hidden)
    return keras.Model({"values": inputs}, scores)


def tiny_stage(model, config, *, name="one", batches=None, epochs=3, ema=0.0, **changes):
    """One stage over `TinyBatches`."""
    batches = batches or TinyBatches(5)
    settings = {
        "name": name,
        "model": model,
        "train": batches,
        "epochs": epochs,
        "optimizer": lambda: build_optimizer(config, total_steps=epochs * len(batches), ema=ema),
        "loss": keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        "metrics": ["accuracy"],
    }
    return Stage(**{**settings, **changes})


def use_virtual_devices(count):
    """Makes several devices of this machine's processor; only before its first use."""
    if keras.backend.backend() == "jax":
        import jax

        jax.config.update("jax_num_cpu_devices", count)
    else:
        import tensorflow as tf

        device = tf.config.list_physical_devices("CPU")[0]
        parts = [tf.config.LogicalDeviceConfiguration() for _ in range(count)]
        tf.config.set_logical_device_configuration(device, parts)


def digest(model):
    """A number that differs when a bit of the weights does."""
    return hashlib.sha256(b"".join(np.asarray(w).tobytes() for w in model.weights)).hexdigest()


def run(
    folder,
    *,
    resume=False,
    seed=1,
    length=BATCHES,
    seconds=0.0,
    validation_seconds=0.0,
    runtime=None,
    dropout=0.3,
    virtual_devices=1,
    ema=0.0,
    **training,
) -> History:
    """Trains two stages in a process of its own.

    Args:
        folder: the run folder.
        resume: as in `fit`.
        seed: of the run.
        length: batches in an epoch.
        seconds: how long it takes to make a training batch.
        validation_seconds: how long it takes to make a validation batch.
        runtime: fields of `RuntimeConfig`.
        dropout: of the model; its masks depend on how a batch is split over devices.
        virtual_devices: devices to make of this machine's processor.
        ema: decay of the moving average of the weights.
        training: fields of `TrainingConfig`.
    """
    if virtual_devices > 1:
        use_virtual_devices(virtual_devices)
    config = TrainingConfig(**{"learning_rate": 0.02, "schedule": "cosine", **training})
    runtime = RuntimeConfig(**(runtime or {}))
    with start(runtime, seed=seed):
        model = tiny_model(dropout=dropout)
        batches = TinyBatches(5, length=length, seconds=seconds)
        settings = {
            "batches": batches,
            "validation": TinyBatches(6, length=2, seconds=validation_seconds),
            "jit_compile": runtime.jit_compile,
            "ema": ema,
        }
        first = tiny_stage(model, config, **settings)
        second = tiny_stage(model, config, **settings, name="two", from_best=True)
        history = fit([first, second], Path(folder), config=config, seed=seed, resume=resume)
        print("final weights:", digest(model), file=sys.stderr, flush=True)
    return history
