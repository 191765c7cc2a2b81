"""How batches reach `model.fit`: from any index on, and of any size.

`fit` asks for the batches `start` .. `stop` - 1 of an epoch, so that resuming in mid-epoch is
just a later start. On the TensorFlow backend they go through one `tf.data.Dataset` a stage,
whose sizes are all left open: Keras' own adapter would fix them after a look at two batches,
which batches from length buckets do not survive.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from shared.runtime import share
from shared.training.split import padded, piece

if TYPE_CHECKING:
    from shared.data.batches import Batches

PREFETCHED = 2  # Batches made ahead of the step that uses them, unless they say how many.


class Feed:
    """Feeds a range of batches to `model.fit` or `model.evaluate`.

    Args:
        batches: an index of batches.
        whole: give every device all rows of each batch; by default each gets its share.

    Attributes:
        rows: the number of items of each batch handed out is kept here under its index, until
            `rows.pop(index)`.
    """

    def __init__(self, batches: "Batches", *, whole: bool = False):
        self.batches = batches
        self._count = getattr(batches, "items", None)
        self._ahead = getattr(batches, "ahead", PREFETCHED)
        self._whole = whole
        self._share = share()
        self.rows: dict[int, int] = {}
        self._error: Exception | None = None
        self._start, self._stop = 0, len(batches)
        self._dataset: Any = None

    def between(self, start: int, stop: int) -> Any:
        """Returns the batches `start` .. `stop` - 1 in the form that the backend likes best."""
        self._start, self._stop = start, stop
        self.rows.clear()
        if keras.backend.backend() != "tensorflow":
            return _IndexedFeed(self, start, stop)
        if self._dataset is None:
            # One dataset for all epochs: each new one would trace its functions again.
            self._dataset = self._tensorflow_dataset()
        return self._dataset

    @contextmanager
    def own_errors(self) -> Iterator[None]:
        """Raises what the batches raised, of which a `tf.data` pipeline keeps the text alone."""
        try:
            yield
        except Exception:
            if self._error is not None:
                raise self._error from None
            raise

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        """Returns the rows of a batch that this process feeds."""
        try:
            batch = self.batches[index]
        except Exception as error:
            self._error = error
            raise
        self.rows[index] = self._count(index) if self._count else len(keras.tree.flatten(batch)[0])
        if self._share.devices == 1 or self._whole:
            return batch
        batch = padded(batch, self._share.devices)
        return piece(batch, self._share.process, self._share.processes)

    def _tensorflow_dataset(self) -> Any:
        import tensorflow as tf

        devices = self._share.devices

        def generate() -> Iterator[tuple[Any, ...]]:
            """Yields what the devices take in turn."""
            for index in range(self._start, self._stop):
                batch = self[index]
                for device in range(devices):
                    yield batch if devices == 1 or self._whole else piece(batch, device, devices)

        def specification(array: Any) -> tf.TensorSpec:
            array = np.asarray(array)
            return tf.TensorSpec([None] * array.ndim, array.dtype)

        signature = keras.tree.map_structure(specification, self[self._start])
        dataset = tf.data.Dataset.from_generator(generate, output_signature=signature)
        if self._ahead:
            dataset = dataset.prefetch(self._ahead * devices)
        else:
            # Or tf.data puts a buffer of its own there.
            options = tf.data.Options()
            options.experimental_optimization.inject_prefetch = False
            dataset = dataset.with_options(options)
        if devices == 1:
            return dataset
        strategy = tf.distribute.get_strategy()
        return strategy.distribute_datasets_from_function(lambda context: dataset)


class _IndexedFeed(keras.utils.PyDataset):
    """The same range of batches for the backends that take them one by one."""

    def __init__(self, feed: Feed, start: int, stop: int):
        super().__init__()
        self._feed, self._start, self._stop = feed, start, stop

    def __len__(self) -> int:
        return self._stop - self._start

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        return self._feed[self._start + index]
