"""No file names a machine, a package host, or work that is not done."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Spelt in parts, or this file would find itself.
FORBIDDEN_TEXT = {
    "a path of some machine": r"(?<![\w.])/(home|Users|root|work|mnt|opt|scratch)/\w",
    "the name of a package host": "py"
    + r"pi\b|python"
    + "hosted|ana"
    + "conda|extra-index"
    + "-url|index"
    + "-url",
    "a host of models": "hugging"
    + "face|kag"
    + "gle|storage.google"
    + "apis|github"
    + "usercontent",
    "unfinished work": r"\b(TO" + "DO|FIX" + r"ME|X" + r"XX)\b",
}


def tracked_texts() -> list[Path]:
    """Every text file a clone would have; without git, what looks like one."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    names = listed.stdout.splitlines() or [path.name for path in ROOT.iterdir()]
    paths = [ROOT / name for name in names if (ROOT / name).is_file()]
    return [path for path in paths if b"\x00" not in path.read_bytes()[:4096]]


def text_problems(text: str) -> list[str]:
    return [
        f"{line}: {what}: {row.strip():.80}"
        for line, row in enumerate(text.splitlines(), start=1)
        for what, pattern in FORBIDDEN_TEXT.items()
        if re.search(pattern, row)
    ]


def test_no_file_names_a_machine_or_a_package_host():
    paths = tracked_texts()
    assert ROOT / "setup.cfg" in paths
    problems = [
        f"{path.relative_to(ROOT)}:{problem}"
        for path in paths
        if path.name != "LICENSE"
        for problem in text_problems(path.read_text(encoding="utf-8"))
    ]
    assert not problems, "\n".join(problems)


@pytest.mark.parametrize(
    "text", ["cd /ho" + "me/me/x", "--index" + "-url x", "https://py" + "pi.org", "# TO" + "DO: x"]
)
def test_forbidden_text_is_caught(text):
    assert text_problems(text)
