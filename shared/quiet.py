"""Loads Keras and its backend without the notes their native libraries print while starting.

The notes (which instructions are used, that there is no GPU) come from C++ before any logging
level applies, and would stand between a user's command and the one sentence meant for her.
Whatever needs Keras first calls `load_keras`.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def load_keras() -> None:
    """Imports Keras and lets its backend look for devices; does nothing the second time.

    `TF_CPP_MIN_LOG_LEVEL=0` shows the notes.
    """
    if "keras" in sys.modules or os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "0":
        return
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _native_stderr_hidden():
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tf.config.list_physical_devices()


@contextmanager
def _native_stderr_hidden() -> Iterator[None]:
    """Sends what is written to file descriptor 2 nowhere, as long as the block runs."""
    sys.stderr.flush()
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        sys.stderr.flush()
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
