"""Writes the requests that a server runs before it takes traffic.

The first request to a fresh model is slow, as memory is laid out and graphs are optimised then.
TensorFlow Serving replays `assets.extra/tf_serving_warmup_requests`, a TFRecord file of
`PredictionLog` messages, at most 1,000 of them; the writer of an export calls this. The package
tensorflow-serving-api is not needed: four small messages are encoded by hand.

Reference: TensorFlow Serving, g3doc/saved_model_warmup.md and apis/prediction_log.proto.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import tensorflow as tf

from shared.export.native import Case

FILE_NAME = "tf_serving_warmup_requests"
MOST_RECORDS = 1000


def _message(number: int, payload: bytes) -> bytes:
    """Returns field `number` holding a string or message: tag, length, payload."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    """Returns an integer in groups of seven bits, the lowest first.

    Example:
    >>> _varint(300).hex()
    'ac02'
    """
    groups = bytearray()
    while value >= 0x80:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    groups.append(value)
    return bytes(groups)


def prediction_log(model: str, signature: str, *, inputs: Mapping[str, np.ndarray]) -> bytes:
    """Returns one serialised `PredictionLog` with a `PredictRequest`.

    The version is left open, so that the record stays right for every version of the model.

    Args:
        model: the name the server knows it by.
        signature: the name of the signature.
        inputs: arrays by input name.
    """
    model_spec = _message(1, model.encode()) + _message(3, signature.encode())
    request = _message(1, model_spec)
    for name, array in inputs.items():
        tensor = tf.make_tensor_proto(array).SerializeToString()
        request += _message(2, _message(1, name.encode()) + _message(2, tensor))
    return _message(6, _message(1, request))  # PredictionLog.predict_log, PredictLog.request


def write_warmup(folder: Path, cases: Iterable[Case], *, model: str) -> int:
    """Writes the warm-up records of an export: the first example alone, and the whole batch.

    Args:
        folder: `assets.extra` of the export.
        cases: requests of all signatures.
        model: the name the server knows the model by.

    Returns:
        The number of records.
    """
    chosen = [case for case in cases if case.row in (None, 0)][:MOST_RECORDS]
    with tf.io.TFRecordWriter(str(folder / FILE_NAME)) as writer:
        for case in chosen:
            writer.write(prediction_log(model, case.signature, inputs=case.inputs))
    return len(chosen)
