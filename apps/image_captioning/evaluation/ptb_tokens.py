"""Captions to the tokens that coco-caption counts: those of the Penn Treebank, without punctuation.

`scores` asks for them. pycocoevalcap's own wrapper writes into the folder of the package, which may
be read-only, and counts on a `java` on PATH; this one runs the same program and removes the same
marks.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from apps.image_captioning.evaluation.java import (
    EXTRA,
    TIMEOUT_SECONDS,
    java_command,
    java_failure,
)
from shared.errors import import_extra

_PROGRAM = "The tokeniser of the Penn Treebank"


def ptb_tokens(captions: Sequence[str], *, java: Path) -> list[str]:
    """Returns each caption lower-cased, as tokens between blanks.

    Args:
        captions: N, any texts.
        java: from `find_java`.

    Raises:
        OperationError: the program failed.
    """
    if not captions:
        return []
    wrapper = import_extra("pycocoevalcap.tokenizer.ptbtokenizer", extra=EXTRA)
    jar = Path(str(wrapper.__file__)).with_name(wrapper.STANFORD_CORENLP_3_4_1_JAR)
    # A caption is a line. Whatever else may break a line becomes a blank, and half a character,
    # which UTF-8 does not have, a question mark.
    lines = "".join(f"{' '.join(caption.split())}\n" for caption in captions)
    program = ("edu.stanford.nlp.process.PTBTokenizer", "-preserveLines", "-lowerCase")
    try:
        done = subprocess.run(
            java_command(java, "-cp", str(jar), *program),
            input=lines.encode("utf-8", "replace"),
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise java_failure(_PROGRAM, b"it was not ready in time") from None
    cut = done.stdout.decode("utf-8").removesuffix("\n").split("\n")
    if done.returncode or len(cut) != len(captions):
        raise java_failure(_PROGRAM, done.stderr)
    removed = set(wrapper.PUNCTUATIONS)
    return [" ".join(token for token in line.split() if token not in removed) for line in cut]
