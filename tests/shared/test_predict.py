"""Raw inputs in, answers out: order, batches, and one bad input that costs the others nothing."""

import numpy as np
import pytest

from shared.app import App
from shared.errors import DataError
from shared.predict import open_answerer, predict


class Doubling(App):
    """Answers a number with its double; refuses words; knows how it was called."""

    name = "doubling"
    summary = item_help = "for tests"

    def parse(self, raw):
        if not str(raw).isdigit():
            raise DataError(f"Expected a number, received {raw!r}.")
        return int(raw)

    def results(self, items, outputs):
        return [{"answer": int(value)} for value in outputs["double"]]


Doubling.__abstractmethods__ = frozenset()


class Counting:
    """An answerer that keeps the batches it was given."""

    def __init__(self):
        self.batches = []

    def outputs(self, items):
        self.batches.append(list(items))
        return {"double": 2 * np.array(items)}


def answers(raw, **options):
    answerer = Counting()
    return list(predict(Doubling(), answerer, raw, **options)), answerer.batches


def test_answers_come_in_order_over_several_batches():
    results, batches = answers(range(7), batch_size=3)
    assert [result["answer"] for result in results] == [0, 2, 4, 6, 8, 10, 12]
    assert batches == [[0, 1, 2], [3, 4, 5], [6]]


@pytest.mark.parametrize("batch_size", [1, 2, 3, 64])
@pytest.mark.parametrize("bad", [[], [0], [4], [0, 1, 2], [1, 3], [0, 1, 2, 3, 4]])
def test_a_bad_input_gets_an_error_in_its_place(batch_size, bad):
    raw = ["bad" if place in bad else str(place) for place in range(5)]
    results, batches = answers(raw, batch_size=batch_size)
    expected = [
        {"error": "Expected a number, received 'bad'."} if place in bad else {"answer": 2 * place}
        for place in range(5)
    ]
    assert results == expected
    assert all(batches), "the network was asked about no item at all"
    assert [item for batch in batches for item in batch] == [p for p in range(5) if p not in bad]


def test_nothing_gives_nothing():
    assert answers([]) == ([], [])


def test_no_input_is_read_before_its_batch_is_due():
    read = []

    def source():
        for number in range(10):
            read.append(number)
            yield number

    stream = predict(Doubling(), Counting(), source(), batch_size=2)
    assert read == []
    assert next(stream) == {"answer": 0}
    assert read == [0, 1]
    assert next(stream) == {"answer": 2}
    assert next(stream) == {"answer": 4}
    assert read == [0, 1, 2, 3]


def test_a_defect_of_the_app_is_no_bad_input():
    class Broken(Doubling):
        def parse(self, raw):
            raise ZeroDivisionError("a defect")

    with pytest.raises(ZeroDivisionError):
        list(predict(Broken(), Counting(), ["1"]))


def test_results_fewer_than_items_are_not_taken_for_answers():
    class Short(Doubling):
        def results(self, items, outputs):
            return super().results(items, outputs)[:-1]

    with pytest.raises(RuntimeError):
        list(predict(Short(), Counting(), ["1", "2"]))


def test_a_served_model_is_asked_in_the_column_form(monkeypatch):
    asked = []

    def request(url, inputs):
        asked.append((url, inputs))
        return {"answer": ["attic", "zoë"], "probability": [0.5, 0.25]}

    class Texts(Doubling):
        def requests(self, items):
            return {"question": np.array([item.encode() for item in items], dtype=object)}

    monkeypatch.setattr("shared.serving.client.predict", request)
    url = "http://localhost:8501/v1/models/demo"
    outputs = open_answerer(Texts(), url).outputs(["a?", "ü?"])
    assert asked == [(url, {"question": [b"a?", "ü?".encode()]})]
    assert outputs["answer"].tolist() == [b"attic", "zoë".encode()]
    np.testing.assert_array_equal(outputs["probability"], [0.5, 0.25])
