import shutil

import numpy as np
import pytest
import tensorflow as tf
from rich.console import Console

from shared.errors import OperationError, UserError
from shared.export.accelerators import find_core, lower
from shared.export.native import Case, read_cases, write_cases
from shared.export.ops import read_saved_model
from shared.export.verify import VerificationFailed, inspect, verify

from .tiny_app import rewrite_digests


def failed(folder, **options):
    """The checks that failed, by name."""
    return {row.check: row.detail for row in inspect(folder, **options).rows if not row.ok}


def test_a_good_export_passes_wherever_it_is_moved(copy, capsys):
    report = verify(copy.parent, accelerator="gpu")
    assert report.folder == copy
    assert report.problems == []
    details = {row.check: row.detail for row in report.rows}
    assert list(details) == ["files", "structure", "ops", "answers", "core", "gpu"]
    assert "12 requests to 2 signatures equal by value, moved" in details["answers"]
    assert "XLA off" in details["answers"]
    assert "token_ids (2, 3)" in details["gpu"]
    console = Console(width=200)
    with console.capture() as shown:
        console.print(report)
    assert "signatures: serving_default, tokens" in shown.get()
    report.print()
    assert "equal by value" in capsys.readouterr().out


def test_the_highest_version_is_taken_and_verification_leaves_it_alone(copy, tmp_path):
    shutil.copytree(copy, copy.parent / "10")
    before = sorted(copy.parent.rglob("*"))
    work = tmp_path / "work"
    work.mkdir()
    assert verify(copy.parent, work=work).folder == copy.parent / "10"
    assert sorted(copy.parent.rglob("*")) == before
    assert list(work.iterdir()) == []


@pytest.mark.parametrize(
    ("level", "words"),
    [
        ("absent", "found none at"),
        ("models", "with several; give one of: "),
        ("models/tiny/1/variables", "a part of one; give "),
        ("models/tiny/one", "named by an integer"),
        ("run", "received the run folder"),
        ("empty", "found none in"),
    ],
)
def test_the_wrong_level_is_explained(tmp_path, level, words):
    (tmp_path / "models/tiny/1/variables").mkdir(parents=True)
    (tmp_path / "models/tiny/1/saved_model.pb").touch()
    (tmp_path / "models/tiny/one").mkdir()
    (tmp_path / "models/tiny/one/saved_model.pb").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "run/manifest.json").touch()
    with pytest.raises(UserError) as caught:
        verify(tmp_path / level)
    assert words in str(caught.value)


def test_answers_that_are_off_by_little_are_caught_by_value(copy):
    """Digests are made to fit, so that only the comparison is left to notice."""
    path = copy / "assets.extra" / "brickyard_examples.npz"
    original = read_cases(path)

    def perturbed(name, change):
        cases = [
            Case(case.signature, case.inputs, {**case.outputs, name: change(case.outputs[name])})
            if (case.signature, case.row) == ("serving_default", None)
            else case
            for case in original
        ]
        write_cases(path, cases)
        rewrite_digests(copy)
        return failed(copy)

    assert perturbed("probability", lambda value: value) == {}
    found = perturbed("probability", lambda value: value * np.float32(1.001))
    assert list(found) == ["answers"]
    assert "serving_default, the whole batch, output 'probability': expected" in found["answers"]

    def other_label(labels):
        labels = labels.copy()
        labels[3] = b"nature " if labels[3] == b"nature" else b"nature"
        return labels

    found = perturbed("label", other_label)
    assert list(found) == ["answers"]
    assert "at (3,), received" in found["answers"]


def test_a_changed_vocabulary_is_caught_by_digest_and_by_value(copy):
    path = copy / "assets" / "vocabulary.txt"
    path.write_text(path.read_text().replace("garden", "wander"))
    found = failed(copy)
    assert found["files"] == "assets/vocabulary.txt was changed"
    assert "output 'label'" in found["answers"] or "output 'probability'" in found["answers"]


def test_a_missing_asset_is_named_by_the_runtime(copy):
    (copy / "assets" / "vocabulary.txt").unlink()
    found = failed(copy)
    assert found["files"] == "assets/vocabulary.txt is missing"
    assert "vocabulary.txt; No such file" in found["answers"]


def test_truncated_variables_and_additional_files_are_caught(copy):
    data = copy / "variables" / "variables.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:40])
    (copy / "assets" / "more.txt").touch()
    found = failed(copy)
    assert found["files"] == (
        "assets/more.txt was added; variables/variables.data-00000-of-00001 was changed"
    )
    assert set(found) == {"files", "answers"}


def test_a_truncated_graph_ends_the_verification(copy):
    graph = copy / "saved_model.pb"
    graph.write_bytes(graph.read_bytes()[:1000])
    with pytest.raises(VerificationFailed) as caught:
        verify(copy)
    assert "structure: saved_model.pb" in str(caught.value)
    assert [row.check for row in caught.value.report.rows] == ["files", "structure"]


def test_damaged_examples_and_record_are_errors_in_words(copy):
    (copy / "assets.extra" / "brickyard_examples.npz").write_bytes(b"PK damaged")
    rewrite_digests(copy)
    assert "the stored examples cannot be read" in failed(copy)["answers"]
    (copy / "assets.extra" / "brickyard.json").write_text('{"format": 99}')
    assert "received format 99" in failed(copy)["files"]
    (copy / "assets.extra" / "brickyard.json").write_text("{")
    assert "export again" in failed(copy)["files"]


class Foreign(tf.Module):
    """A model of another tool: no alias, no examples, no record."""

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.float32, name="x")])
    def serve(self, x):
        return {"y": x * 2.0}


def test_a_model_of_another_tool_fails_with_reasons(tmp_path):
    module = Foreign()
    tf.saved_model.save(module, str(tmp_path / "1"), signatures=module.serve)
    found = failed(tmp_path / "1", accelerator="gpu")
    assert "another tool wrote this model" in found["files"]
    assert "examples cannot be read" in found["answers"]
    assert "found 0" in found["core"]
    assert "found 0" in found["gpu"]


def test_a_graph_without_the_tag_of_servers_is_refused(copy):
    model = read_saved_model(copy)
    model.meta_graphs[0].meta_info_def.tags[:] = ["train"]
    (copy / "saved_model.pb").write_bytes(model.SerializeToString())
    found = failed(copy)
    assert "expected a graph with the tag 'serve'" in found["structure"]
    assert "answers" in found


def test_a_signature_without_examples_is_noticed(copy):
    path = copy / "assets.extra" / "brickyard_examples.npz"
    write_cases(path, [case for case in read_cases(path) if case.signature != "tokens"])
    assert "no examples are stored for the signatures tokens" in failed(copy)["answers"]
    write_cases(path, [case for case in read_cases(path) if case.signature != "tpu_func"])
    assert "no example of the core's input" in failed(copy, accelerator="gpu")["gpu"]


class Hashes(tf.Module):
    """A core that takes and gives numbers, but goes through strings."""

    def __init__(self):
        super().__init__()
        self.scale = tf.Variable(2.0)

    @tf.function(input_signature=[tf.TensorSpec((None,), tf.int32, name="ids")])
    def core(self, ids):
        hashed = tf.strings.to_hash_bucket_fast(tf.strings.as_string(ids), 10)
        return {"scores": self.scale * tf.cast(hashed, tf.float32)}


def test_a_core_with_a_string_op_cannot_be_lowered_and_the_reason_names_it(tmp_path):
    module = Hashes()
    tf.saved_model.save(
        module,
        str(tmp_path / "1"),
        signatures=module.core,
        options=tf.saved_model.SaveOptions(function_aliases={"tpu_func": module.core}),
    )
    core = find_core(read_saved_model(tmp_path / "1"))
    assert core.path == ("core",)
    with pytest.raises(OperationError, match="cannot be compiled for GPU") as caught:
        lower(tmp_path / "1", core, example={"ids": np.array([1, 2], np.int32)}, accelerator="gpu")
    assert "op AsString has no kernel there" in str(caught.value)


def test_the_lowered_core_holds_its_weights_and_the_example_shape(exported):
    core = find_core(read_saved_model(exported.path))
    example = {"token_ids": np.zeros((4, 9), np.int32)}
    text = lower(exported.path, core, example=example, accelerator="gpu")
    assert "tensor<4x9xi32>" in text
    assert "tensor<7x4xf32>" in text  # the embeddings
    assert "tensor<4x3xf32>" in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda graph: graph.meta_info_def.function_aliases.clear(), "found 0"),
        (
            lambda graph: [
                node.children.pop()
                for node in graph.object_graph_def.nodes[:1]
                for _ in list(node.children)
            ],
            "no attribute of the saved module leads to the core",
        ),
        (
            lambda graph: [
                setattr(function.signature.input_arg[0], "type", 7)
                for function in graph.graph_def.library.function
                if "core" in function.signature.name
            ],
            "the core takes and gives int32 and float32: token_ids is string",
        ),
    ],
)
def test_a_core_that_no_converter_could_take_is_refused(copy, change, words):
    model = read_saved_model(copy)
    change(model.meta_graphs[0])
    (copy / "saved_model.pb").write_bytes(model.SerializeToString())
    assert words in failed(copy)["core"]


def test_tpu_without_its_build_of_tensorflow_says_what_to_install(copy):
    with pytest.raises(UserError, match="pip install tensorflow-tpu"):
        verify(copy, accelerator="tpu")
