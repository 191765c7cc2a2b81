"""A folder for another engine is whole or not there."""

import errno

import pytest

from shared.errors import OperationError, UserError
from shared.export.folder import export_folder


def write(bundle, folder):
    (folder / "model.bin").write_text(bundle)


def test_it_is_written_whole_under_its_name(tmp_path):
    target = tmp_path / "models" / "toy-other"
    assert export_folder("weights", target, write) == target
    assert (target / "model.bin").read_text() == "weights"
    assert target.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in target.parent.iterdir()] == ["toy-other"]


def test_what_is_there_is_never_replaced(tmp_path):
    target = tmp_path / "toy"
    target.mkdir()
    with pytest.raises(UserError, match="is there already"):
        export_folder("weights", target, lambda *_: pytest.fail("it was written all the same"))

    def meanwhile(bundle, folder):
        write(bundle, folder)
        (tmp_path / "late").mkdir()
        (tmp_path / "late" / "theirs").touch()

    with pytest.raises(UserError, match="is there already"):
        export_folder("weights", tmp_path / "late", meanwhile)
    assert [path.name for path in (tmp_path / "late").iterdir()] == ["theirs"]


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), OperationError),
        (OperationError("another number"), OperationError),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_a_failure_leaves_nothing_behind(tmp_path, error, raised):
    def fail(bundle, folder):
        write(bundle, folder)
        raise error

    with pytest.raises(raised) as caught:
        export_folder("weights", tmp_path / "models" / "toy", fail)
    if isinstance(error, OSError):
        assert "No space left on device" in str(caught.value)
        assert "nothing was left there" in str(caught.value)
    assert not (tmp_path / "models").exists()
