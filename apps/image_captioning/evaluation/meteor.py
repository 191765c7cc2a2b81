"""METEOR 1.5 of captions (Denkowski and Lavie 2014); `scores` asks for it.

pycocoevalcap's own wrapper counts on a `java` on PATH and leaves its pipes open; this one talks to
the same program in the same words.
"""

import subprocess
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from apps.image_captioning.evaluation.java import (
    EXTRA,
    TIMEOUT_SECONDS,
    java_command,
    java_failure,
)
from shared.errors import import_extra

_SEPARATOR = " ||| "


def meteor_scores(
    captions: Sequence[str], references: Sequence[Sequence[str]], *, java: Path
) -> tuple[float, list[float]]:
    """Returns METEOR of all captions together, and of each; from 0 to 1.

    Args:
        captions: N, as tokens between blanks.
        references: of each one or more.
        java: from `find_java`.

    Raises:
        OperationError: the program failed.
    """
    wrapper = import_extra("pycocoevalcap.meteor.meteor", extra=EXTRA)
    jar = Path(str(wrapper.__file__)).with_name(wrapper.METEOR_JAR)
    options = ("-", "-", "-stdio", "-l", "en", "-norm")
    command = java_command(java, "-Xmx2G", "-jar", str(jar), *options)
    with tempfile.TemporaryFile() as errors:
        try:
            with subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
            ) as process:
                # Killed, it answers nothing more, and what waits for an answer goes on.
                watch = threading.Timer(TIMEOUT_SECONDS, process.kill)
                watch.start()
                try:
                    return _ask(process, captions, references)
                finally:
                    watch.cancel()
                    process.kill()
        except (OSError, ValueError):
            errors.seek(0)
            raise java_failure("METEOR", errors.read()) from None


def _ask(
    process: subprocess.Popen[bytes],
    captions: Sequence[str],
    references: Sequence[Sequence[str]],
) -> tuple[float, list[float]]:
    if process.stdin is None or process.stdout is None:
        raise ValueError("Expected a process with pipes.")
    counted = []
    for caption, right in zip(captions, references, strict=True):
        # The program sees only what it is told between its separators.
        texts = [text.replace("|||", "") for text in (*right, caption)]
        _tell(process.stdin, ["SCORE", *texts])
        counted.append(_hear(process.stdout))
    _tell(process.stdin, ["EVAL", *counted])
    each = [float(_hear(process.stdout)) for _ in captions]
    return float(_hear(process.stdout)), each


def _tell(pipe: IO[bytes], parts: Sequence[str]) -> None:
    pipe.write(f"{_SEPARATOR.join(parts)}\n".encode("utf-8", "replace"))
    pipe.flush()


def _hear(pipe: IO[bytes]) -> str:
    line = pipe.readline()
    if not line.endswith(b"\n"):
        raise ValueError("Expected a line of numbers, received the end.")
    return line.decode("ascii").strip()
