"""A corpus as numbers on disk, written once and read by every epoch without tokenising again.

The trainers map `ids` into memory, so it costs none; gensim reads `sentences.txt`, which its own
threads cut faster than Python can hand it words.
"""

import hashlib
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import numpy as np

from shared.errors import BundleError
from shared.files import write_json, written_whole

SENTENCE_END = -1
BATCH = 2_000
IDS, SENTENCES, ABOUT = "ids.bin", "sentences.txt", "encoded.json"
_UNKNOWN = -2


@dataclass(frozen=True)
class EncodedCorpus:
    """The words of a corpus as ids.

    Args:
        ids: int32 (N,), mapped from disk: the ids of the kept words one after another, and -1
            after the last word of each sentence. Sentences without a kept word are left out.
        words: kept words, that is N less the sentences.
        sentences: that are kept.
        text: the file with all words, kept or not, one sentence a line; None if not asked for.
    """

    ids: np.ndarray = field(repr=False)
    words: int
    sentences: int
    text: Path | None = None


def encode(
    sentences: Iterable[list[str]],
    words: Sequence[str],
    folder: Path,
    *,
    text: bool = False,
    progress: Callable[[int], None] | None = None,
) -> EncodedCorpus:
    """Writes a corpus as ids, in memory that does not grow with it.

    Args:
        sentences: each a list of words.
        words: the vocabulary; the place of a word is its id.
        folder: where `ids.bin` (little-endian int32), `encoded.json` and `sentences.txt` go.
        text: writes `sentences.txt` too.
        progress: told the number of words read so far, now and then.

    Raises:
        OSError: the disk is full; then no half of a file remains.
    """
    table = {word: position for position, word in enumerate(words)}
    table["\n"] = SENTENCE_END
    kept = rows = read = 0
    last = SENTENCE_END
    source = iter(sentences)
    # Without its description the folder does not open, whatever else lies in it.
    (folder / ABOUT).unlink(missing_ok=True)
    with ExitStack() as files:
        ids_file = files.enter_context(written_whole(folder / IDS))
        text_file = files.enter_context(written_whole(folder / SENTENCES, "w")) if text else None
        while batch := list(itertools.islice(source, BATCH)):
            ids = _ids(batch, table)
            # An end right after another one belongs to a sentence that lost all its words.
            ends = ids == SENTENCE_END
            ids = ids[~(ends & np.concatenate([[last == SENTENCE_END], ends[:-1]]))]
            if len(ids):
                last = int(ids[-1])
            ids_file.write(ids.tobytes())
            if text_file:
                _write_lines(text_file, batch)
            batch_rows = int((ids == SENTENCE_END).sum())
            rows, kept = rows + batch_rows, kept + len(ids) - batch_rows
            read += sum(map(len, batch))
            if progress:
                progress(read)
    about = {"words": kept, "sentences": rows, "vocabulary": _digest(words), "text": text}
    write_json(folder / ABOUT, about)
    return open_encoded(folder, words)


def _ids(batch: list[list[str]], table: dict[str, int]) -> np.ndarray:
    flat = itertools.chain.from_iterable(itertools.chain(one, ("\n",)) for one in batch)
    ids = np.fromiter(map(table.get, flat, itertools.repeat(_UNKNOWN)), "<i4")
    return ids[ids != _UNKNOWN]


def _write_lines(file: IO[str], batch: list[list[str]]) -> None:
    file.write("\n".join(map(" ".join, batch)) + "\n")


def _digest(words: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(words).encode("utf-8", "surrogatepass")).hexdigest()


def open_encoded(folder: Path, words: Sequence[str]) -> EncodedCorpus:
    """Opens what `encode` wrote.

    Args:
        folder: that it was written to.
        words: the vocabulary it was encoded with.

    Raises:
        BundleError: it is missing, damaged, or was encoded with other words.
    """
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        kept, rows = int(about["words"]), int(about["sentences"])
        same = about["vocabulary"] == _digest(words)
        text = folder / SENTENCES if about["text"] else None
        size = (folder / IDS).stat().st_size
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BundleError(
            f"Expected an encoded corpus in {folder}, received: {error}; encode it again."
        ) from None
    if not same:
        raise BundleError(
            f"Expected a corpus encoded with {len(words)} words in {folder}, received one of "
            "another vocabulary; encode it again."
        )
    if size != 4 * (kept + rows) or (text and not text.is_file()):
        raise BundleError(
            f"Expected {4 * (kept + rows)} bytes of ids in {folder}"
            f"{' and the sentences beside' if text else ''}, received {size}; encode it again."
        )
    if not size:  # An empty file cannot be mapped.
        return EncodedCorpus(np.zeros(0, "<i4"), 0, 0, text)
    ids = np.memmap(folder / IDS, "<i4", mode="r")
    return EncodedCorpus(ids, kept, rows, text)
