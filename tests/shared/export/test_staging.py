import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from shared.export.lineage import versions_of
from shared.export.staging import publish, remove_version, staging

PROJECT = Path(__file__).parents[3]


def filled(folder: Path, text: str = "x") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "file").write_text(text)
    return folder


def test_a_finished_folder_becomes_the_next_version(tmp_path):
    base = tmp_path / "models" / "tiny"
    for expected in (1, 2):
        with staging(base) as folder:
            assert not folder.name.isdigit()
            assert folder.stat().st_mode & 0o777 == 0o755
            filled(folder, str(expected))
            assert publish(folder, base) == base / str(expected)
    assert sorted(path.name for path in base.iterdir()) == ["1", "2"]
    assert (base / "2" / "file").read_text() == "2"


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError, SystemExit])
def test_a_failure_leaves_nothing_behind_not_even_the_folders(tmp_path, error):
    with pytest.raises(error), staging(tmp_path / "a" / "b" / "tiny") as folder:
        filled(folder / "variables")
        raise error
    assert list(tmp_path.iterdir()) == []


def test_a_failure_keeps_what_was_there(tmp_path):
    filled(tmp_path / "tiny" / "4")
    with pytest.raises(OSError), staging(tmp_path / "tiny"):
        raise OSError
    assert [path.name for path in (tmp_path / "tiny").iterdir()] == ["4"]


def test_publishing_never_overwrites_a_version_that_appeared_meanwhile(tmp_path, monkeypatch):
    """Another exporter takes version 1 between counting and renaming."""
    base, rename = tmp_path / "tiny", os.rename

    def late(source, target):
        if Path(target).name == "1" and not Path(target).exists():
            filled(Path(target), "theirs")
        rename(source, target)

    monkeypatch.setattr(os, "rename", late)
    with staging(base) as folder:
        filled(folder, "ours")
        assert publish(folder, base).name == "2"
    assert (base / "1" / "file").read_text() == "theirs"
    assert (base / "2" / "file").read_text() == "ours"


def test_exporters_at_once_get_a_version_each(tmp_path):
    base, barrier, failures = tmp_path / "tiny", threading.Barrier(6), []

    def exporter(text: str) -> None:
        try:
            with staging(base) as folder:
                filled(folder, text)
                barrier.wait(timeout=30)
                publish(folder, base)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=exporter, args=[str(n)]) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    written = {(path / "file").read_text() for path in versions_of(base).values()}
    assert list(versions_of(base)) == [1, 2, 3, 4, 5, 6]
    assert written == set("012345")


def test_the_leftovers_of_a_killed_exporter_are_swept_and_those_of_a_live_one_kept(tmp_path):
    base = tmp_path / "tiny"
    program = (
        "import sys, time\nfrom pathlib import Path\n"
        "from shared.export.staging import staging\n"
        f"with staging(Path({str(base)!r})) as folder:\n"
        "    (folder / 'half').write_text('half')\n"
        "    print(folder, flush=True)\n    time.sleep(60)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    ) as other:
        left = Path(other.stdout.readline().strip())
        with staging(base):
            assert (left / "half").exists()
        other.send_signal(signal.SIGKILL)
        other.wait()
    assert (left / "half").exists()
    with staging(base) as folder:
        assert not left.exists()
        publish(filled(folder), base)
    assert [path.name for path in base.iterdir()] == ["1"]


def test_a_version_leaves_by_a_name_no_server_takes(tmp_path, monkeypatch):
    version = filled(tmp_path / "tiny" / "3")
    seen = []
    monkeypatch.setattr("shutil.rmtree", lambda path, **_: seen.append(Path(path).name))
    remove_version(version)
    assert seen == [".export-removed-3"]
    monkeypatch.undo()
    with staging(tmp_path / "tiny"):  # what a kill in between left is swept
        assert not (tmp_path / "tiny" / ".export-removed-3").exists()
