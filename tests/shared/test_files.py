"""Files are whole or not there, whatever happens while they are written."""

import errno
import hashlib
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from shared.errors import BundleError
from shared.files import read_arrays, sha256, write_arrays, write_json, write_text, written_whole


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_written_whole_replaces_the_old_file_when_the_block_ends(tmp_path):
    path = tmp_path / "made" / "on" / "the way.txt"
    write_text(path, "old")
    with written_whole(path, "w") as file:
        file.write("nëw")
        file.flush()
        assert path.read_text() == "old"
    assert path.read_bytes() == "nëw".encode()
    assert names_in(path.parent) == ["the way.txt"]


def test_a_written_file_can_be_read_by_others(tmp_path):
    write_text(tmp_path / "a.txt", "text")
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("error", [ValueError("mine"), KeyboardInterrupt(), SystemExit(3)])
def test_an_exception_leaves_the_old_file_and_nothing_else(tmp_path, error):
    path = tmp_path / "a.txt"
    write_text(path, "old")
    with pytest.raises(type(error)), written_whole(path, "w") as file:
        file.write("half of the n")
        raise error
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("call", ["fsync", "replace", "chmod"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, call):
    def full(*arguments):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    path = tmp_path / "a.txt"
    write_text(path, "old")
    monkeypatch.setattr(os, call, full)
    with pytest.raises(OSError, match="No space left"):
        write_text(path, "new")
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a.txt"]


def test_a_kill_before_the_rename_leaves_the_old_file(tmp_path):
    path = tmp_path / "weights.npz"
    write_arrays(path, {"w": np.arange(3)})
    killed = subprocess.run(
        [
            sys.executable,
            "-c",
            textwrap.dedent(
                """
                import os, signal, sys
                from pathlib import Path
                from shared.files import written_whole

                with written_whole(Path(sys.argv[1])) as file:
                    file.write(bytes(100_000))
                    file.flush()
                    os.kill(os.getpid(), signal.SIGKILL)
                """
            ),
            str(path),
        ],
        check=False,
    )
    assert killed.returncode == -9
    np.testing.assert_array_equal(read_arrays(path)["w"], [0, 1, 2])
    left = [name for name in names_in(tmp_path) if name != path.name]
    assert all(name.startswith(".weights.npz.") for name in left)  # dot files are never listed
    write_arrays(path, {"w": np.arange(4)})
    np.testing.assert_array_equal(read_arrays(path)["w"], [0, 1, 2, 3])


def test_json_is_readable_and_keeps_the_order(tmp_path):
    write_json(tmp_path / "a.json", {"b": "é", "a": [1, None]})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text.startswith('{\n  "b": "é"') and text.endswith("}\n")
    assert list(json.loads(text)) == ["b", "a"]


def test_json_never_holds_nan(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", {"score": float("nan")})
    assert names_in(tmp_path) == []


ARRAYS = {
    "dense/kernel": np.arange(6, dtype=np.float32).reshape(2, 3),
    "dense/bias:0": np.zeros(3, np.float16),
    "../outside": np.array([True, False]),
    "names": np.array([1, 2]),
    "a0": np.array(7, np.int64),
    "": np.array([], np.int32),
    "ключ \U0001f511 with spaces\n": np.array(["text", "längerer"]),
    "file": np.arange(3)[::-1],
    "allow_pickle": np.ones((2, 0, 3)),
}


@pytest.mark.parametrize("arrays", [ARRAYS, dict(reversed(ARRAYS.items())), {}])
def test_arrays_come_back_with_their_names_order_types_and_values(tmp_path, arrays):
    write_arrays(tmp_path / "a.npz", arrays)
    again = read_arrays(tmp_path / "a.npz")
    assert list(again) == list(arrays)
    for name, array in arrays.items():
        assert again[name].dtype == array.dtype
        np.testing.assert_array_equal(again[name], array)


def test_objects_are_neither_written_nor_read(tmp_path):
    path = tmp_path / "a.npz"
    with pytest.raises(TypeError, match=r"objects in .'evil'"):
        write_arrays(path, {"evil": np.array([{}], dtype=object)})
    assert names_in(tmp_path) == []
    np.savez(path, names=np.array(["evil"]), a0=np.array([{}], dtype=object))
    with pytest.raises(BundleError, match="whole array file"):
        read_arrays(path)


def _single_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(2))


def _without_a_member(path: Path) -> None:
    np.savez(path, names=np.array(["w", "b"]), a0=np.zeros(2))


DAMAGES = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-40]),
    "cut early": lambda path: path.write_bytes(path.read_bytes()[:30]),
    "text": lambda path: path.write_text("not an array file"),
    "a single array": _single_array,
    "no names": lambda path: np.savez(path, a0=np.zeros(2)),
    "a missing member": _without_a_member,
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_array_file_is_refused_in_one_sentence(tmp_path, damage):
    path = tmp_path / "best.npz"
    write_arrays(path, {"w": np.arange(50.0), "b": np.arange(5)})
    DAMAGES[damage](path)
    with pytest.raises(BundleError) as caught:
        read_arrays(path)
    assert str(path) in str(caught.value)
    assert "train the run again or restore" in str(caught.value)


def test_no_flipped_byte_gives_other_values(tmp_path):
    path = tmp_path / "best.npz"
    arrays = {"w": np.arange(4.0), "b": np.arange(3)}
    write_arrays(path, arrays)
    whole = path.read_bytes()
    refused = 0
    for position in range(len(whole)):
        bits = (0x01, 0x40, 0xFF)[position % 3]
        path.write_bytes(whole[:position] + bytes([whole[position] ^ bits]) + whole[position + 1 :])
        try:
            again = read_arrays(path)
        except BundleError:
            refused += 1
            continue
        # Time stamps and the like are not protected by a checksum, and harmless.
        assert list(again) == list(arrays)
        for name, array in arrays.items():
            np.testing.assert_array_equal(again[name], array)
    assert refused > len(whole) / 3


def test_sha256_is_that_of_the_content(tmp_path):
    content = bytes(range(256)) * 5000
    (tmp_path / "a").write_bytes(content)
    assert sha256(tmp_path / "a") == hashlib.sha256(content).hexdigest()
