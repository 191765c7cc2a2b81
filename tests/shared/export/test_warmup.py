import numpy as np
import pytest
import tensorflow as tf
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from tensorflow.core.framework import tensor_pb2

from shared.export.native import Case, read_cases
from shared.export.warmup import MOST_RECORDS, write_warmup

# The messages of tensorflow_serving/apis, written down here a second time from their .proto.
MESSAGES = {
    "PredictionLog": [("predict_log", 6, "PredictLog")],
    "PredictLog": [("request", 1, "PredictRequest")],
    "PredictRequest": [("model_spec", 1, "ModelSpec"), ("inputs", 2, "Entry*")],
    "Entry": [("key", 1, "string"), ("value", 2, "bytes")],
    "ModelSpec": [("name", 1, "string"), ("signature_name", 3, "string"), ("version", 2, "bytes")],
}


@pytest.fixture(scope="module")
def prediction_log_class():
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="warm.proto", package="warm", syntax="proto3")
    for name, message_fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for field_name, number, kind in message_fields:
            field = message.field.add(name=field_name, number=number, label=kinds.LABEL_OPTIONAL)
            if kind.endswith("*"):
                field.label = kinds.LABEL_REPEATED
            if kind in ("string", "bytes"):
                field.type = kinds.TYPE_STRING if kind == "string" else kinds.TYPE_BYTES
            else:
                field.type, field.type_name = kinds.TYPE_MESSAGE, f".warm.{kind.rstrip('*')}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("warm.PredictionLog"))


def read(path, prediction_log_class):
    """Yields (model, signature, inputs) of every record."""
    for record in tf.data.TFRecordDataset(str(path)).as_numpy_iterator():
        request = prediction_log_class.FromString(record).predict_log.request
        inputs = {
            entry.key: tf.make_ndarray(tensor_pb2.TensorProto.FromString(entry.value))
            for entry in request.inputs
        }
        assert request.model_spec.version == b""
        yield request.model_spec.name, request.model_spec.signature_name, inputs


def test_records_of_an_export_ask_each_signature_alone_and_in_a_batch(
    exported, prediction_log_class
):
    extra = exported.path / "assets.extra"
    found = list(read(extra / "tf_serving_warmup_requests", prediction_log_class))
    examples = [text.encode() for text in exported.bundle.app.examples(exported.bundle)]
    assert [(model, signature, inputs["text"].tolist()) for model, signature, inputs in found] == [
        ("tiny", "serving_default", examples),
        ("tiny", "serving_default", examples[:1]),
        ("tiny", "tokens", examples),
        ("tiny", "tokens", examples[:1]),
    ]
    asked = {case.signature for case in read_cases(extra / "brickyard_examples.npz")}
    assert asked == {"serving_default", "tokens", "tpu_func"}


def test_every_dtype_and_long_inputs_survive(tmp_path, prediction_log_class):
    inputs = {
        "ids": np.arange(300, dtype=np.int32).reshape(100, 3),
        "seeds": np.array([2**40], np.int64),
        "scores": np.array([[0.25, -1.5]], np.float32),
        "image": np.array([b"\x00\xff" * 10_000], object),
    }
    write_warmup(tmp_path, [Case("serving_default", inputs, {})], model="m" * 200)
    ((model, _, read_back),) = read(tmp_path / "tf_serving_warmup_requests", prediction_log_class)
    assert model == "m" * 200
    assert {name: array.dtype for name, array in read_back.items()} == {
        name: array.dtype for name, array in inputs.items()
    }
    for name, array in inputs.items():
        assert read_back[name].tolist() == array.tolist()


def test_no_more_records_than_a_server_reads(tmp_path):
    case = Case("serving_default", {"x": np.ones(1, np.float32)}, {})
    assert write_warmup(tmp_path, [case] * (MOST_RECORDS + 5), model="m") == MOST_RECORDS
