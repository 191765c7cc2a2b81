import numpy as np
import pytest

from shared.export.compare import answer_differences, array_difference, batch_differences
from shared.export.native import Case


@pytest.mark.parametrize(
    ("expected", "received"),
    [
        (np.array([1.0, 100.0]), np.array([1.0 + 5e-5, 100.005])),
        (np.array([0.0, np.nan, -np.inf]), np.array([9e-6, np.nan, -np.inf])),
        (np.array(["a", "\u00fc"]), np.array([b"a", "\u00fc".encode()], object)),
        (np.array([[1, 2]]), np.array([[1, 2]])),
        (np.zeros((0, 2)), np.zeros((0, 2))),
    ],
)
def test_equal_answers(expected, received):
    assert array_difference(expected, received) is None


@pytest.mark.parametrize(
    ("expected", "received", "words"),
    [
        (np.array([1.0]), np.array([1.001]), "received"),
        (np.array([0.0]), np.array([2e-5]), "received"),
        (np.array([1.0]), np.array([np.nan]), "received nan"),
        (np.array(["a", "b"]), np.array([b"a", b"b "], object), r"at (1,), received b'b '"),
        (np.array([1, 2]), np.array([1, 3]), "expected 2 at (1,)"),
        (np.array([1]), np.array([1.0]), "expected int64, received float64"),
        (np.array(["1"]), np.array([1]), "expected strings"),
        (np.array([[1]]), np.array([1]), "expected shape (1, 1), received (1,)"),
    ],
)
def test_different_answers(expected, received, words):
    assert words in array_difference(expected, received)


def test_missing_and_additional_outputs_are_named():
    one = np.ones(1)
    expected = Case("s", {}, {"a": one, "b": one}, row=2)
    found = answer_differences(expected, Case("s", {}, {"a": one, "c": one}, row=2))
    assert found == [
        "s, example 2 alone: output 'b' is in one answer only",
        "s, example 2 alone: output 'c' is in one answer only",
    ]


def whole_and_alone(alone, *, row=1):
    whole = {
        "label": np.array([b"x", b"y"], object),
        "attention": np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]], np.float32),
        "words": np.array([[b"a", b"b"], [b"c", b""]], object),
    }
    return batch_differences([Case("s", {}, whole), Case("s", {}, alone, row=row)])


def test_an_answer_may_be_padded_in_a_batch():
    assert (
        whole_and_alone(
            {
                "label": np.array([b"y"], object),
                "attention": np.array([[1.0]], np.float32),
                "words": np.array([[b"c"]], object),
            }
        )
        == []
    )


@pytest.mark.parametrize(
    ("alone", "row", "words"),
    [
        ({"label": np.array([b"x"], object)}, 1, "expected b'x' at (0,), received b'y'"),
        ({"attention": np.array([[0.5]], np.float32)}, 0, "padding of the batch is neither"),
        ({"words": np.array([[b"a"]], object)}, 0, "padding of the batch is neither"),
        ({"attention": np.array([[0.9, 0.1]], np.float32)}, 1, "at (0, 0)"),
        ({"attention": np.array([[1.0, 0, 0, 0]], np.float32)}, 1, "does not fit into"),
        ({"attention": np.array([1.0], np.float32)}, 1, "does not fit into"),
    ],
)
def test_a_neighbour_that_changes_the_answer_is_seen(alone, row, words):
    (found,) = whole_and_alone(alone, row=row)
    assert words in found
    assert f"example {row} alone" in found
