import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import meta_graph_pb2, saved_model_pb2

from shared.errors import OperationError
from shared.export import native
from shared.export.native import Case, fields, read_cases, signature_tensors, write_cases
from shared.export.ops import op_problems, read_saved_model
from shared.export.process import registered_ops, run_native

NASTY = np.array(
    [["", "plain"], ["caf\u00e9 \U0001f9f1", b"\x00\xff\x00"], [b"ends in nul\x00", "x" * 70_000]],
    object,
)


def run_alone(script: Path, arguments: list[str], *, folder: Path) -> subprocess.CompletedProcess:
    """Runs a copy of the script with an empty environment."""
    return subprocess.run(
        [sys.executable, "-I", str(script), *arguments],
        cwd=folder,
        env={"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_cases_come_back_by_value(tmp_path):
    cases = [
        Case(
            "a",
            {"text": NASTY, "ids": np.array([[1, 2]], np.int32), "none": np.zeros((0, 3), object)},
            {"scores": np.array([0.5, np.nan], np.float32), "scalar": np.array(7)},
            row=3,
        ),
        Case("b", {}, {}),
    ]
    write_cases(tmp_path / "cases.npz", cases)
    first, second = read_cases(tmp_path / "cases.npz")
    assert (first.signature, first.row) == ("a", 3)
    assert first.inputs["text"].tolist() == [
        [b"", b"plain"],
        ["caf\u00e9 \U0001f9f1".encode(), b"\x00\xff\x00"],
        [b"ends in nul\x00", b"x" * 70_000],
    ]
    assert first.inputs["ids"].dtype == np.int32
    assert first.inputs["ids"].tolist() == [[1, 2]]
    assert first.inputs["none"].shape == (0, 3)
    np.testing.assert_array_equal(first.outputs["scores"], np.array([0.5, np.nan], np.float32))
    assert first.outputs["scalar"] == 7
    assert (second.signature, second.row, second.inputs, second.outputs) == ("b", None, {}, {})


def test_wire_reader_agrees_with_protobuf():
    graph = meta_graph_pb2.MetaGraphDef()
    graph.meta_info_def.tensorflow_version = "2" * 300
    signature = graph.signature_def["serving_default"]
    signature.method_name = "predict"
    signature.inputs["text"].name = "serving_default_text:0"
    signature.inputs["text"].dtype = 7
    signature.outputs["label"].name = "StatefulPartitionedCall:12"
    graph.signature_def["tokens"].inputs["text"].name = "tokens_text:0"
    assert signature_tensors(graph.SerializeToString()) == {
        "serving_default": (
            {"text": "serving_default_text:0"},
            {"label": "StatefulPartitionedCall:12"},
        ),
        "tokens": ({"text": "tokens_text:0"}, {}),
    }


def test_wire_reader_reads_each_kind_of_field():
    message = saved_model_pb2.SavedModel(saved_model_schema_version=2**62).SerializeToString()
    assert list(fields(message + b"\x15abcd" + b"\x11abcdefgh")) == [
        (1, 2**62),
        (2, b"abcd"),
        (2, b"abcdefgh"),
    ]


def test_strings_in_and_out_by_value_alone_and_elsewhere(copy, tmp_path):
    """A copy of the script, in another folder, with nothing of the project in reach."""
    script = shutil.copy(native.__file__, tmp_path / "alone.py")
    text = np.array(["garden wall", "brick", "", "unheard \u00fc"], object)
    write_cases(tmp_path / "questions.npz", [Case("tokens", {"text": text}, {})])
    done = run_alone(script, ["run", str(copy), "questions.npz", "answers.npz"], folder=tmp_path)
    assert done.returncode == 0, done.stderr
    (answer,) = read_cases(tmp_path / "answers.npz")
    assert answer.outputs["token_ids"].dtype == np.int32
    assert answer.outputs["token_ids"].tolist() == [[6, 4], [3, 0], [0, 0], [1, 1]]


def test_label_string_equals_the_python_path(exported, copy, tmp_path):
    items = ["tall brick", "garden", "red red red wall"]
    expected = exported.bundle.app.infer(exported.bundle, items)
    write_cases(
        tmp_path / "questions.npz",
        [Case("serving_default", exported.bundle.app.requests(items), {})],
    )
    run_native(["run", str(copy), "questions.npz", "answers.npz"], folder=tmp_path)
    (answer,) = read_cases(tmp_path / "answers.npz")
    assert answer.outputs["label"].tolist() == [label.encode() for label in expected["label"]]
    np.testing.assert_allclose(answer.outputs["probability"], expected["probability"], rtol=1e-5)
    assert answer.outputs["words"][1].tolist() == [b"garden", b"", b"", b""]


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        (Case("tokenz", {}, {}), "no signature 'tokenz'"),
        (Case("tokens", {"txt": np.array(["a"])}, {}), "tokens takes ['text'], received ['txt']"),
        (Case("tokens", {"text": np.zeros(1)}, {}), "received float64"),
        (Case("tokens", {"text": np.zeros(1, np.int32)}, {}), "int32"),
    ],
)
def test_wrong_requests_are_refused_with_a_reason(exported, tmp_path, case, reason):
    write_cases(tmp_path / "questions.npz", [case])
    with pytest.raises(OperationError) as caught:
        run_native(["run", str(exported.path), "questions.npz", "out.npz"], folder=tmp_path)
    assert reason in str(caught.value)
    assert not (tmp_path / "out.npz").exists()


class Calls(tf.Module):
    """Takes and gives strings through a Python function."""

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
    def serve(self, text):
        return {"text": tf.py_function(lambda value: value, [text], tf.string)}


class Compiled(tf.Module):
    """A signature compiled by XLA."""

    @tf.function(jit_compile=True, input_signature=[tf.TensorSpec((None,), tf.float32)])
    def double(self, x):
        return x * 2.0

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.float32, name="x")])
    def serve(self, x):
        return {"y": self.double(x)}


@pytest.mark.parametrize(
    ("module", "inputs", "op_reason", "runtime_reason"),
    [
        (Calls, {"text": np.array(["a"])}, "op EagerPyFunc", "pyfunc"),
        (Compiled, {"x": np.ones(1, np.float32)}, "jit_compile=True", "XLA compilation disabled"),
    ],
)
def test_python_and_xla_are_refused_by_the_op_list_and_by_the_runtime(
    tmp_path, module, inputs, op_reason, runtime_reason
):
    served = module()
    tf.saved_model.save(served, str(tmp_path / "1"), signatures=served.serve)
    core, text = registered_ops()
    problems = op_problems(read_saved_model(tmp_path / "1"), core=core, text=text)
    assert any(op_reason in problem for problem in problems), problems
    write_cases(tmp_path / "questions.npz", [Case("serving_default", inputs, {})])
    with pytest.raises(OperationError) as caught:
        run_native(["run", str(tmp_path / "1"), "questions.npz", "out.npz"], folder=tmp_path)
    assert runtime_reason in str(caught.value)


def test_the_runtime_knows_nothing_of_this_process(tmp_path, monkeypatch):
    """A module that shadows the standard library would break a process that is not isolated."""
    (tmp_path / "argparse.py").write_text("raise SystemExit('shadowed')")
    monkeypatch.setenv("PYTHONPATH", os.fspath(tmp_path))
    with pytest.raises(OperationError, match="Could not find SavedModel"):
        write_cases(tmp_path / "questions.npz", [])
        run_native(["run", "absent", "questions.npz", "out.npz"], folder=tmp_path)


class Numbers(tf.Module):
    """Takes and gives every kind of number."""

    @tf.function(
        input_signature=[
            tf.TensorSpec((None, None), tf.int32, name="ids"),
            tf.TensorSpec((None,), tf.int64, name="seeds"),
            tf.TensorSpec((None, 2, None), tf.float32, name="weights"),
        ]
    )
    def serve(self, ids, seeds, weights):
        return {"ids": ids + 1, "seeds": seeds * 2, "weights": tf.reverse(weights, [1])}


def test_numbers_in_and_out_by_value(tmp_path):
    module = Numbers()
    tf.saved_model.save(module, str(tmp_path / "1"), signatures=module.serve)
    turned = np.arange(12, dtype=np.float32).reshape(3, 2, 2).T  # not contiguous
    full = {
        "ids": np.array([[1, -2, 3], [4, 5, 2**31 - 2]], np.int32),
        "seeds": np.array([2**40, -1], np.int64),
        "weights": turned,
    }
    empty = {
        "ids": np.zeros((0, 3), np.int32),
        "seeds": np.zeros(0, np.int64),
        "weights": np.zeros((0, 2, 0), np.float32),
    }
    cases = [Case("serving_default", inputs, {}) for inputs in (full, empty)]
    write_cases(tmp_path / "questions.npz", cases)
    run_native(["run", str(tmp_path / "1"), "questions.npz", "answers.npz"], folder=tmp_path)
    for case, answer in zip(cases, read_cases(tmp_path / "answers.npz"), strict=True):
        expected = {
            "ids": case.inputs["ids"] + 1,
            "seeds": case.inputs["seeds"] * 2,
            "weights": case.inputs["weights"][:, ::-1],
        }
        assert set(answer.outputs) == set(expected)
        for name, array in expected.items():
            assert answer.outputs[name].dtype == array.dtype
            assert answer.outputs[name].shape == array.shape
            assert answer.outputs[name].tolist() == array.tolist()
