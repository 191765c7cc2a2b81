import errno
import json
from types import SimpleNamespace

import keras
import numpy as np
import pytest
import tensorflow as tf

from shared.errors import OperationError, UserError
from shared.export import writer
from shared.export.lineage import Record, read_lineage, write_record
from shared.export.native import read_cases
from shared.export.served import Served
from shared.export.writer import export

from .tiny_app import EXAMPLES, WORDS, TinyApp, TinyBundle, TinyModule


@pytest.fixture
def bundle(tmp_path):
    return TinyBundle(tmp_path / "run")


@pytest.fixture
def trusting(monkeypatch):
    """Leaves the verification out, for tests of what happens around it."""
    monkeypatch.setattr(writer, "inspect", lambda folder: SimpleNamespace(problems=[]))


def everything_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_an_export_holds_what_a_server_and_a_reader_need(exported):
    assert everything_in(exported.path) == [
        "assets",
        "assets.extra",
        "assets.extra/README.md",
        "assets.extra/brickyard.json",
        "assets.extra/brickyard_examples.npz",
        "assets.extra/request.json",
        "assets.extra/tf_serving_warmup_requests",
        "assets/vocabulary.txt",
        "fingerprint.pb",
        "saved_model.pb",
        "variables",
        "variables/variables.data-00000-of-00001",
        "variables/variables.index",
    ]
    assert [path.name for path in exported.path.parent.iterdir()] == ["1"]
    assert (exported.path / "assets" / "vocabulary.txt").read_text().split() == WORDS


def test_the_record_says_what_it_is(exported):
    record = read_lineage(exported.path)
    assert (record["app"], record["name"]) == ("tiny", "tiny")
    assert (record["run"], record["lineage"]) == ("run-1", "lineage-1")
    assert record["signatures"]["serving_default"]["outputs"]["words"] == {
        "dtype": "string",
        "shape": [None, None],
    }
    assert record["versions"]["tensorflow"] == tf.__version__
    assert record["files"]["assets.extra/brickyard_examples.npz"] == record["sample_sha256"]


def test_stored_answers_are_those_of_the_python_path(exported):
    cases = read_cases(exported.path / "assets.extra" / "brickyard_examples.npz")
    default = [case for case in cases if case.signature == "serving_default"]
    assert [case.row for case in default] == [None, 0, 1, 2, 3, 4]
    expected = exported.bundle.app.infer(exported.bundle, EXAMPLES)
    whole = default[0].outputs
    assert whole["label"].tolist() == [label.encode() for label in expected["label"]]
    np.testing.assert_array_equal(whole["probability"], expected["probability"])
    assert default[2].outputs["words"].tolist() == [[b"tall", b"garden", b"wall", b"red"]]


def test_card_names_signatures_data_scores_and_lines_that_work(exported):
    card = (exported.path / "assets.extra" / "README.md").read_text()
    assert "| serving_default | out | words | string | (?, ?) |" in card
    assert "- parts: name train, examples 5" in card
    assert "- accuracy: 0.75" in card
    assert f"-v {exported.path.parent}:/models/tiny:ro" in card
    assert """curl -s -d '{"instances": [{"text": "red brick"}]}'""" in card


def test_variables_are_saved_once(exported):
    names = [
        name for name, _ in tf.train.list_variables(str(exported.path / "variables/variables"))
    ]
    assert len([name for name in names if name.startswith("weights/")]) == 3
    assert len(names) == 4  # and the object graph


def test_statistics_that_training_moves_are_saved_too(tmp_path, trusting):
    inputs = keras.Input((3,), name="x")
    model = keras.Model(inputs, keras.layers.BatchNormalization()(inputs))
    model.set_weights([np.full(3, value, np.float32) for value in (2.0, 1.0, 5.0, 4.0)])

    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec((None, 3), tf.float32, name="x")])
        def core(self, x):
            return {"y": model(x)}

    module = Module()
    tf.saved_model.save(
        writer.saved_root(
            Served(
                module=module,
                signatures={"serving_default": module.core},
                core=module.core,
                core_example={"x": np.ones((1, 3), np.float32)},
            )
        ),
        str(tmp_path / "1"),
        signatures=module.core,
    )
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    answer = loaded.signatures["serving_default"](x=tf.constant([[7.0, 5.0, 3.0]]))["y"].numpy()
    np.testing.assert_allclose(answer, [[3.0, 1.0, -1.0]], atol=1e-2)


def test_versions_count_up_and_old_ones_of_the_lineage_go(bundle, tmp_path, trusting):
    to = tmp_path / "models"
    assert [export(bundle, to).name for _ in range(3)] == ["1", "2", "3"]
    resumed = {**bundle.manifest, "run": "run-2"}
    bundle.manifest = resumed
    assert export(bundle, to, keep=2).name == "4"
    assert sorted(path.name for path in (to / "tiny").iterdir()) == ["3", "4"]
    assert export(bundle, to, name="other", keep=1) == to / "other" / "1"


@pytest.mark.parametrize(
    ("app", "lineage", "whose"),
    [
        ("tiny", "lineage-2", "the run 'run-9', which this run did not go on from"),
        ("huge", "lineage-1", "a model of the app 'huge'"),
        (None, None, "a model that another tool wrote"),
    ],
)
def test_a_name_taken_by_another_lineage_is_refused(bundle, tmp_path, app, lineage, whose):
    theirs = tmp_path / "models" / "tiny" / "7"
    theirs.mkdir(parents=True)
    if app is not None:
        write_record(theirs, Record(app, "tiny", "run-9", lineage, {}, "", {}, {}, "2026-01-01"))
    with pytest.raises(UserError, match="choose another name with --name") as caught:
        export(bundle, tmp_path / "models")
    assert whose in str(caught.value)
    assert [path.name for path in theirs.parent.iterdir()] == ["7"]


def test_a_lineage_that_appears_during_the_export_is_refused(bundle, tmp_path, monkeypatch):
    def meanwhile(folder):
        theirs = folder.parent / "1"
        write_record(theirs, Record("huge", "tiny", "r", "l", {}, "", {}, {}, "2026-01-01"))
        return SimpleNamespace(problems=[])

    monkeypatch.setattr(writer, "inspect", meanwhile)
    with pytest.raises(UserError, match="app 'huge'"):
        export(bundle, tmp_path / "models")
    assert [path.name for path in (tmp_path / "models" / "tiny").iterdir()] == ["1"]


@pytest.mark.parametrize(
    ("place", "error", "raised"),
    [
        ("write_warmup", KeyboardInterrupt(), KeyboardInterrupt),
        ("write_record", OSError(errno.ENOSPC, "No space left on device"), OperationError),
        (
            "_save",
            tf.errors.ResourceExhaustedError(None, None, "No space left on device"),
            OperationError,
        ),
        ("publish", OSError(errno.EACCES, "Permission denied"), OperationError),
    ],
)
def test_a_failure_leaves_nothing_behind(
    bundle, tmp_path, monkeypatch, trusting, place, error, raised
):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(writer, place, fail)
    with pytest.raises(raised) as caught:
        export(bundle, tmp_path / "models")
    if raised is OperationError:
        assert "nothing was left there" in str(caught.value)
        assert "No space left" in str(caught.value) or "Permission denied" in str(caught.value)
    assert not (tmp_path / "models").exists()


def test_an_answer_that_differs_from_the_python_path_is_not_published(tmp_path):
    class Wrong(TinyApp):
        def infer(self, bundle, items):
            outputs = super().infer(bundle, items)
            return {**outputs, "probability": outputs["probability"] + np.float32(0.01)}

    with pytest.raises(OperationError, match="failed verification") as caught:
        export(TinyBundle(tmp_path / "run", Wrong()), tmp_path / "models")
    assert "output 'probability': expected" in str(caught.value)
    assert not (tmp_path / "models").exists()


def test_a_neighbour_that_leaks_into_an_answer_is_not_published(tmp_path):
    """The graph divides by the longest sentence of the batch; so does the Python path."""

    class Leaks(TinyModule):
        @tf.function(input_signature=[tf.TensorSpec((None,), tf.string, name="text")])
        def answer(self, text):
            outputs = TinyModule.answer.python_function(self, text)
            width = tf.cast(tf.shape(outputs["words"])[1], tf.float32)
            return {**outputs, "probability": outputs["probability"] / width}

    class Leaky(TinyApp):
        def infer(self, bundle, items):
            outputs = super().infer(bundle, items)
            width = outputs["words"].shape[1]
            return {**outputs, "probability": outputs["probability"] / np.float32(width)}

    with pytest.raises(OperationError, match="alone and in the batch"):
        export(TinyBundle(tmp_path / "run", Leaky(Leaks)), tmp_path / "models")


def test_a_table_that_nobody_owns_is_explained(tmp_path):
    class Loose(TinyModule):
        def __init__(self, model, vocabulary):
            super().__init__(model, vocabulary)
            table = self.table
            del self.table
            self.hidden = SimpleNamespace(table=table)

        def ids(self, text):
            return tf.cast(self.hidden.table.lookup(tf.strings.split(text).to_tensor("")), tf.int32)

    with pytest.raises(OperationError, match=r"no attribute of Served\.module"):
        export(TinyBundle(tmp_path / "run", TinyApp(Loose)), tmp_path / "models")
    assert not (tmp_path / "models").exists()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"infer": lambda *_: {"label": np.array(["a"])}}, "the app gave ['label'], expected"),
        ({"requests": lambda _: {"text": np.array([1])}}, "'text' is int64, expected string"),
        ({"requests": lambda _: {"text": np.array([["a"]])}}, "has shape (1, 1), expected string"),
        ({"examples": lambda _: []}, "gave no examples"),
    ],
)
def test_an_app_that_breaks_its_contract_is_named(bundle, tmp_path, changes, reason):
    for name, value in changes.items():
        setattr(bundle.app, name, value)
    with pytest.raises(OperationError) as caught:
        export(bundle, tmp_path / "models")
    assert reason in str(caught.value)


def test_a_signature_with_inputs_of_its_own_is_asked_its_own_examples(tmp_path, trusting):
    class Two(TinyApp):
        examples_of_ids: dict = {}  # noqa: RUF012

        def signatures(self, bundle):
            served = super().signatures(bundle)
            return Served(
                module=served.module,
                signatures={"serving_default": served.module.answer, "ids": served.core},
                core=served.core,
                core_example=served.core_example,
                examples=self.examples_of_ids,
            )

    bundle = TinyBundle(tmp_path / "run", Two())
    with pytest.raises(OperationError, match=r"give inputs for it in Served\.examples"):
        export(bundle, tmp_path / "models")
    bundle.app.examples_of_ids = {"ids": {"token_ids": np.array([[2, 3], [4, 0]], np.int32)}}
    path = export(bundle, tmp_path / "models")
    cases = read_cases(path / "assets.extra" / "brickyard_examples.npz")
    asked = {case.row: case for case in cases if case.signature == "ids"}
    assert asked[1].inputs["token_ids"].tolist() == [[4, 0]]
    np.testing.assert_allclose(
        asked[None].outputs["scores"], bundle.model(np.array([[2, 3], [4, 0]])), rtol=1e-6
    )


@pytest.mark.parametrize("name", ["", "3", "../x", "a b", ".hidden"])
def test_impossible_names_are_refused(bundle, tmp_path, name):
    with pytest.raises(UserError, match="Expected a model name"):
        export(bundle, tmp_path / "models", name=name)


def test_impossible_keep_and_other_backends_are_refused(bundle, tmp_path, monkeypatch):
    with pytest.raises(UserError, match="--keep to be at least 1"):
        export(bundle, tmp_path / "models", keep=0)
    monkeypatch.setattr(keras.config, "backend", lambda: "jax")
    with pytest.raises(UserError, match="KERAS_BACKEND=tensorflow"):
        export(bundle, tmp_path / "models")
    assert not (tmp_path / "models").exists()


def test_bytes_that_are_no_text_travel_as_base64():
    case = SimpleNamespace(
        signature="serving_default",
        row=0,
        inputs={"image": np.array([b"\xff\xd8"], object), "size": np.array([[2, 3]])},
    )
    assert json.dumps(writer._rows([case])) == '[{"image": {"b64": "/9g="}, "size": [2, 3]}]'


def test_an_older_version_that_cannot_be_removed_does_not_hide_the_new_one(
    bundle, tmp_path, monkeypatch, trusting
):
    def fail(folder):
        raise OSError(errno.EACCES, "Permission denied")

    export(bundle, tmp_path / "models")
    monkeypatch.setattr(writer, "remove_version", fail)
    with pytest.raises(
        OperationError, match="is complete, but the older one 1 could not"
    ) as caught:
        export(bundle, tmp_path / "models", keep=1)
    assert "nothing was left" not in str(caught.value)
    assert sorted(path.name for path in (tmp_path / "models" / "tiny").iterdir()) == ["1", "2"]


def test_packages_that_are_absent_are_left_out_of_the_record(monkeypatch):
    monkeypatch.setattr(writer, "_PACKAGES", ("numpy", "no-such-package"))
    assert set(writer._versions()) == {"python", "numpy"}
