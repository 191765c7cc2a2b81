"""The searches inside a graph, compiled, and on another backend."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from decoder_layer import Decoder
from history_step import END, SOURCE, START, HistoryStep, arrays

from shared.decoding.beam_search import beam_search
from shared.decoding.greedy import greedy_search
from shared.decoding.sampling import sample
from shared.testing.compare_backends import compare_backends
from shared.testing.layer_case import LayerCase

STEP = HistoryStep(30, items=5, seed=1)
NOISE = np.random.default_rng(0).random((5, 12), "float32")


def run(kind, hidden, batch, limit, lengths):
    options = {
        "batch": batch, "start_id": START, "end_id": END, "max_steps": limit,
        "max_lengths": lengths, "no_repeat_ngram": 2,
    }  # fmt: skip
    if kind == "greedy":
        return greedy_search(STEP, {"hidden": hidden}, source_size=SOURCE, **options)
    if kind == "sample":
        options |= {"noise": keras.ops.convert_to_tensor(NOISE)[:batch], "top_k": 9, "top_p": 0.9}
        return sample(STEP, {"hidden": hidden}, source_size=SOURCE, **options)
    options |= {"beam_width": 4, "n_best": 3, "coverage_penalty": 0.2, "with_attention": True}
    mask = keras.ops.ones((batch, SOURCE), dtype="bool")
    hidden = keras.ops.repeat(hidden, 4, axis=0)
    return beam_search(STEP, {"hidden": hidden}, source_mask=mask, **options)


@pytest.mark.parametrize("kind", ["greedy", "sample", "beam"])
def test_one_trace_serves_every_length_and_batch(kind):
    traces = []

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, 6]), tf.TensorSpec([], tf.int32), tf.TensorSpec([None], tf.int32),
        ],
        autograph=False,
    )  # fmt: skip
    def served(hidden, limit, lengths):
        traces.append(1)
        return run(kind, hidden, tf.shape(hidden)[0], limit, lengths)._asdict()

    for batch, limit in ((5, 12), (2, 12), (1, 7), (5, 1)):
        hidden = STEP.items[:batch]
        lengths = np.array([3, 9, 12, 1, 20], "int32")[:batch]
        values = arrays(served(hidden, limit, lengths).values())
        for value, eager in zip(
            values, arrays(run(kind, hidden, batch, limit, lengths)), strict=True
        ):
            np.testing.assert_allclose(value, eager, rtol=1e-4, atol=1e-5)
    assert len(traces) == 1
    operations = {
        node.op
        for function in served.get_concrete_function().graph.as_graph_def().library.function
        for node in function.node_def
    }
    assert operations and not any(op.startswith("Xla") or "PyFunc" in op for op in operations)


@pytest.mark.parametrize("kind", ["greedy", "sample", "beam"])
def test_a_graph_of_known_shapes_gives_the_same(kind):
    lengths = np.array([3, 9, 12, 1, 20], "int32")
    served = tf.function(lambda hidden: run(kind, hidden, 5, 12, lengths)._asdict())
    for value, eager in zip(
        arrays(served(tf.constant(STEP.items)).values()),
        arrays(run(kind, STEP.items, 5, 12, lengths)),
        strict=True,
    ):
        np.testing.assert_allclose(value, eager, rtol=1e-4, atol=1e-5)


def test_jax_gives_what_tensorflow_gives():
    inputs = {"hidden": np.random.default_rng(1).normal(size=(4, 6)).astype("float32")}
    cases = [
        LayerCase(cls=Decoder, init={"kind": kind, "name": kind}, inputs=inputs)
        for kind in ("greedy", "beam")
    ]
    compare_backends(cases, tolerance=1e-4)
