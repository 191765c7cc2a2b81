import numpy as np
import pytest
import tensorflow as tf

from shared.errors import OperationError
from shared.export.served import Served, Spec, call, check_served, interface


def function(body, **specs):
    """A tf.function of one named input."""
    ((name, spec),) = specs.items()
    return tf.function(body, input_signature=[tf.TensorSpec(*spec, name=name)])


CORE = function(lambda x: {"y": x * 2.0}, x=((None,), tf.float32))
GOOD = function(lambda text: {"length": tf.strings.length(text)}, text=((None,), tf.string))


def served(*, core=CORE, **signatures):
    return Served(
        module=tf.Module(),
        signatures={"serving_default": GOOD, **signatures},
        core=core,
        core_example={"x": np.ones(2, np.float32)},
    )


def test_interfaces_hold_names_dtypes_and_shapes():
    face = check_served(served())["serving_default"]
    assert face.inputs == {"text": Spec("string", (None,))}
    assert face.outputs == {"length": Spec("int32", (None,))}


@pytest.mark.parametrize(
    ("signature", "reason"),
    [
        (
            function(lambda x: {"y": tf.cast(x, tf.bfloat16)}, x=((None,), tf.float32)),
            "'y' is bfloat16, which cannot cross the REST interface",
        ),
        (
            function(lambda x: {"y": tf.cast(x, tf.float16)}, x=((None,), tf.float32)),
            "'y' is float16, which cannot cross the REST interface",
        ),
        (
            function(lambda x: {"y": x}, x=((4,), tf.float32)),
            "inputs: 'x' is float32 (4); expected a known rank and a free first axis",
        ),
        (
            function(lambda x: {"y": tf.reduce_sum(x)}, x=((None,), tf.float32)),
            "outputs: 'y' is float32 (); expected a known rank and a free first axis",
        ),
        (
            function(lambda x: {"y": x}, x=(None, tf.float32)),
            "'x' is float32 of unknown rank",
        ),
        (function(lambda x: x, x=((None,), tf.float32)), "return a dict of tensors"),
        (function(lambda x: {"Y 1": x}, x=((None,), tf.float32)), "the name 'Y 1'"),
        (tf.function(lambda x: {"y": x}), "signature_of_test"),
        (
            tf.function(
                lambda x: {"y": x.to_tensor()}, input_signature=[tf.RaggedTensorSpec([None, None])]
            ),
            "every input has to be a dense tensor",
        ),
    ],
)
def test_what_cannot_be_served_is_refused(signature, reason):
    with pytest.raises(OperationError) as caught:
        check_served(served(signature_of_test=signature))
    assert reason in str(caught.value)
    assert "serving_default:" not in str(caught.value)


def test_everything_wrong_is_listed_at_once():
    half = function(lambda x: {"y": tf.cast(x, tf.float16)}, x=((None,), tf.float32))
    texts = function(lambda x: {"y": tf.strings.as_string(x)}, x=((None,), tf.float32))
    with pytest.raises(OperationError) as caught:
        check_served(
            Served(
                module=tf.Module(),
                signatures={"Bad Name": half},
                core=texts,
                core_example={"z": np.ones(1)},
            )
        )
    message = str(caught.value)
    for reason in (
        "no signature 'serving_default'",
        "signature name 'Bad Name'",
        "'y' is float16",
        "core: 'y' is string; an accelerator takes",
        "core_example holds ['z'], the core takes ['x']",
    ):
        assert reason in message


def test_a_core_without_an_input_signature_is_refused():
    with pytest.raises(OperationError, match="core: "):
        check_served(served(core=tf.function(lambda x: {"y": x})))


def test_call_goes_by_the_names_of_the_specs():
    subtract = tf.function(
        lambda left, right: {"difference": left - right},
        input_signature=[
            tf.TensorSpec((None,), tf.int32, name="minuend"),
            tf.TensorSpec((None,), tf.int32, name="subtrahend"),
        ],
    )
    arrays = {"subtrahend": np.array([1, 2], np.int32), "minuend": np.array([10, 20], np.int32)}
    assert call(subtract, arrays)["difference"].tolist() == [9, 18]


def test_call_fills_nested_inputs():
    nested = tf.function(
        lambda inputs: {"sum": inputs["a"] + 10 * inputs["b"]},
        input_signature=[{name: tf.TensorSpec((None,), tf.int32, name=name) for name in "ab"}],
    )
    assert interface(nested).inputs == {name: Spec("int32", (None,)) for name in "ab"}
    arrays = {"b": np.array([1], np.int32), "a": np.array([2], np.int32)}
    assert call(nested, arrays)["sum"].tolist() == [12]
