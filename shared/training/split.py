"""One batch for several devices: as many rows for each, and the same loss as on one.

A batch of n rows is padded to m rows, the next multiple of the number of devices. The rows
added repeat the first one with a sample weight of 0; the weights of the real rows are
multiplied by m / n. With a loss that is a mean over rows (Keras' default reduction),

    1/m * sum_i (m/n * w_i) * loss_i  =  1/n * sum_i w_i * loss_i,

so loss and gradient are those of the batch on one device. Scores that ignore sample weights do
see the added rows; they are reported for training only, since validation is not split.
"""

from typing import Any

import keras
import numpy as np


def padded(batch: tuple[Any, ...], multiple: int) -> tuple[Any, Any, Any]:
    """Pads a batch to a multiple of rows.

    Args:
        batch: (inputs, targets) or (inputs, targets, sample_weight), arrays or dicts of them.
        multiple: the number of devices.

    Returns:
        Inputs, targets and sample weights; the weights are always there, so that padded and
        unpadded batches have one structure.

    Example:
    >>> inputs, targets, weights = padded((np.array([5, 6, 7]), np.array([1, 0, 1])), 2)
    >>> inputs.tolist(), targets.tolist(), [round(float(w), 2) for w in weights]
    ([5, 6, 7, 5], [1, 0, 1, 1], [1.33, 1.33, 1.33, 0.0])
    """
    inputs, targets, weights = keras.utils.unpack_x_y_sample_weight(batch)
    rows = len(keras.tree.flatten(inputs)[0])
    missing = -rows % multiple
    if weights is None:
        weights = np.ones(rows, np.float32)

    def pad(array: Any) -> np.ndarray:
        return np.concatenate([array, np.repeat(array[:1], missing, axis=0)])

    def pad_weight(array: Any) -> np.ndarray:
        array = pad(array) * np.float32((rows + missing) / rows)
        array[rows:] = 0.0
        return array

    return (
        keras.tree.map_structure(pad, inputs),
        keras.tree.map_structure(pad, targets),
        keras.tree.map_structure(pad_weight, weights),
    )


def piece(batch: tuple[Any, ...], number: int, count: int) -> tuple[Any, ...]:
    """Returns the rows of one of `count` equal pieces of a padded batch."""

    def rows(array: Any) -> Any:
        size = len(array) // count
        return array[number * size : (number + 1) * size]

    return keras.tree.map_structure(rows, batch)
