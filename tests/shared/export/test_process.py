import pytest

from shared.errors import OperationError
from shared.export import process
from shared.export.process import run_native, text_libraries


def test_a_runtime_that_hangs_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "TIMEOUT_SECONDS", 0.01)
    with pytest.raises(OperationError, match="gave no answer within 0 seconds"):
        run_native(["ops", "out.json"], folder=tmp_path)


@pytest.mark.parametrize(
    ("stderr", "reason"),
    [
        ("log\nnative.py: it is broken\n", "it is broken"),
        ("Segmentation fault\n", "ended with code -11: Segmentation fault"),
        ("", "ended with code -11: it said nothing"),
    ],
)
def test_the_reason_is_found_among_the_log(stderr, reason):
    assert process._reason(stderr, -11).endswith(reason)


def test_without_tensorflow_text_there_are_no_libraries_of_it(monkeypatch):
    monkeypatch.setattr(process, "find_spec", lambda name: None)
    assert text_libraries() == []
