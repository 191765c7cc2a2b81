import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

from shared.errors import OperationError
from shared.export.native import Case, read_cases, write_cases
from shared.export.ops import compiled_functions, op_problems, read_saved_model, used_ops
from shared.export.process import registered_ops, run_native, text_libraries


def model_with(*, graph_op: str = "Const", function_op: str = "Identity", jit: bool = False):
    """A SavedModel of one node and one function of one node."""
    model = saved_model_pb2.SavedModel()
    graph = model.meta_graphs.add().graph_def
    graph.node.add(name="first", op=graph_op)
    graph.node.add(name="called", op="helper")
    function = graph.library.function.add()
    function.signature.name = "helper"
    function.node_def.add(name="inner", op=function_op)
    if jit:
        function.attr["_XlaMustCompile"].b = True
    return model


def test_ops_of_graph_and_functions_are_listed_but_no_function_calls():
    assert used_ops(model_with(function_op="MatMul")) == {
        "Const": "first in the graph",
        "MatMul": "inner in helper",
    }


def test_ops_of_every_meta_graph_are_listed():
    model = model_with()
    model.meta_graphs.add().graph_def.node.add(name="tpu_node", op="TPUReplicate")
    assert used_ops(model)["TPUReplicate"] == "tpu_node in the graph"


@pytest.mark.parametrize(
    ("op", "way_out"),
    [
        ("PyFunc", "instead of tf.py_function"),
        ("EagerPyFunc", "instead of tf.py_function"),
        ("PyFuncStateless", "instead of tf.py_function"),
        ("CudnnRNNV3", "use_cudnn=False"),
        ("XlaCallModule", "export from the TensorFlow backend"),
        ("XlaLaunch", "leave jit_compile off"),
        ("BrickLaying", "write the step with core ops"),
    ],
)
def test_what_a_stock_server_lacks_is_named_with_the_way_out(op, way_out):
    core, text = registered_ops()
    for model in (model_with(graph_op=op), model_with(function_op=op)):
        (problem,) = op_problems(model, core=core, text=text)
        assert f"op {op} (" in problem
        assert way_out in problem


def test_core_and_text_ops_pass():
    core, text = registered_ops()
    assert {"Const", "StatefulPartitionedCall", "LookupTableFindV2"} <= core
    assert op_problems(model_with(), core=core, text=text) == []
    assert (
        op_problems(model_with(graph_op="NewTextOp"), core=core, text={"NewTextOp": "library"})
        == []
    )


def test_compiled_functions_are_found_by_function_and_by_call():
    assert compiled_functions(model_with()) == []
    assert compiled_functions(model_with(jit=True)) == ["helper"]
    called = model_with()
    node = called.meta_graphs[0].graph_def.node.add(name="call", op="PartitionedCall")
    node.attr["f"].func.name = "other"
    node.attr["_XlaMustCompile"].b = False
    assert compiled_functions(called) == []
    node.attr["_XlaMustCompile"].b = True
    assert compiled_functions(called) == ["other"]


@pytest.mark.parametrize("content", [None, b"", b"not a protobuf at all"])
def test_an_unreadable_model_is_an_error_in_words(tmp_path, content):
    if content is not None:
        (tmp_path / "saved_model.pb").write_bytes(content)
    with pytest.raises(OperationError, match=r"saved_model\.pb"):
        read_saved_model(tmp_path)


def test_tensorflow_text_runs_in_the_runtime_with_its_library(tmp_path):
    if not text_libraries():
        pytest.skip("tensorflow-text is not installed")
    library = tf.load_op_library(
        next(str(path) for path in text_libraries() if path.name == "_normalize_ops.so")
    )

    class Folds(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
        def serve(self, text):
            return {"text": library.case_fold_utf8(text)}

    module = Folds()
    tf.saved_model.save(module, str(tmp_path / "1"), signatures=module.serve)
    core, text = registered_ops()
    assert "CaseFoldUTF8" not in core
    model = read_saved_model(tmp_path / "1")
    assert op_problems(model, core=core, text=text) == []
    write_cases(
        tmp_path / "questions.npz",
        [Case("serving_default", {"text": np.array(["STRASSE stra\u00dfe"])}, {})],
    )
    run = ["run", str(tmp_path / "1"), "questions.npz", "answers.npz"]
    run_native([*run, f"--library={text['CaseFoldUTF8']}"], folder=tmp_path)
    (answer,) = read_cases(tmp_path / "answers.npz")
    assert answer.outputs["text"].tolist() == [b"strasse strasse"]
    with pytest.raises(OperationError, match="CaseFoldUTF8"):
        run_native(run, folder=tmp_path)
