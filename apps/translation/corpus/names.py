"""What the name of a file tells: its language, and which split it belongs to."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath

from shared.errors import DataError, nearest

SPLITS = ("train", "validation", "test")
SPLIT_WORDS = {
    "train": "train",
    "training": "train",
    "validation": "validation",
    "validate": "validation",
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
    "tests": "test",
    "tst": "test",
    "devtest": "test",
    "eval": "test",
    "evaluation": "test",
}
LANGUAGE = r"[a-z]{2,3}(?:[_-][A-Za-z]{2,4})?"
# They look like languages, and are none.
_ENDINGS = {"txt", "tsv", "csv", "tab", "md", "xml", "tmx", "pdf", "doc", "log", "zip", "tar", "gz"}
_ENDINGS |= {"bz2", "xz", "npz", "npy", "ids", "dat", "bin", "sgm", "png", "jpg", "py", "sh", "rst"}
_ABOUT = re.compile(r"(?i)_?(about|readme|licen[cs]e|notice|citation|changes)(\..*)?")


def split_of(name: str) -> str:
    """Returns the split that a path tells by its last telling word; "train" where none does.

    Example:
    >>> split_of("tst2013.en"), split_of("dev/news.de"), split_of("newstest2014.fr")
    ('test', 'validation', 'test')
    """
    for part in reversed(PurePosixPath(name).parts):
        for word in reversed(re.split(r"[_.-]", part.lower())):
            if split := _split_of_word(word):
                return split
    return "train"


def _split_of_word(word: str) -> str:
    return SPLIT_WORDS.get(word.removeprefix("news").rstrip("0123456789"), "")


def language_of(name: str) -> tuple[str, str] | None:
    """Returns (what the two files of a pair share, language) of a file name, if it tells any.

    Both "train.en" and "en.train.txt" tell the language; the latter is how TranslateFolder of
    TensorFlow Datasets names its files.

    Example:
    >>> language_of("a/train.en"), language_of("en.train.txt"), language_of("pairs.txt")
    (('a/train', 'en'), ('train.txt', 'en'), None)
    """
    path = PurePosixPath(name)
    if about_itself(name):
        return None
    stem, _, ending = path.name.rpartition(".")
    if stem and re.fullmatch(LANGUAGE, ending) and not _is_no_language(ending):
        return (path.parent / stem).as_posix(), ending
    first, _, rest = path.name.partition(".")
    split = rest.removesuffix(".txt")
    if re.fullmatch(LANGUAGE, first) and rest.endswith(".txt") and _split_of_word(split):
        return (path.parent / rest).as_posix(), first
    return None


def _is_no_language(ending: str) -> bool:
    return ending in _ENDINGS or bool(_split_of_word(ending))


def about_itself(name: str) -> bool:
    """Says whether a file tells about the data instead of holding it."""
    return _ABOUT.fullmatch(PurePosixPath(name).name) is not None


def choose_languages(
    known: Iterable[str], source: str, target: str, *, place: str
) -> tuple[str, str]:
    """Returns the languages to translate from and to.

    Args:
        known: the languages there are.
        source: the one asked for; "" for whichever is left.
        target: likewise.
        place: where they were looked for, for messages.

    Raises:
        DataError: a language is not there, or it is not clear which ones are meant.
    """
    known = sorted(set(known))
    for flag, language in (("source", source), ("target", target)):
        if language and language not in known:
            raise DataError(
                f"Expected the language {language!r} in {place}, received only "
                f"{', '.join(known)}; give one of these to --pairs.{flag}."
                f"{_meant(language, known)}"
            )
    left = [language for language in known if language not in (source, target)]
    if bool(source) != bool(target) and len(left) == 1:
        source, target = source or left[0], target or left[0]
    if not source or not target or source == target:
        asked = f"{source or 'any'} to {target or 'any'}"
        raise DataError(
            f"Expected two languages, to translate from one to the other, received {asked} with "
            f"{', '.join(known)} in {place}; name one with --pairs.source and the other with "
            "--pairs.target."
        )
    return source, target


def check_swap(swap: bool, source: str, target: str, *, place: str) -> None:
    """Refuses to swap columns where there are none, as in parallel files.

    Args:
        swap: whether they should.
        source: the language to translate from, "" where it was not asked for; where both were,
            they say the direction, and there is nothing left to swap.
        target: likewise.
        place: what is read, for messages.

    Raises:
        DataError: it is not clear what should change places.
    """
    if swap and not (source and target):
        raise DataError(
            "Expected tab-separated pairs with --pairs.swap, which exchanges their columns, "
            f"received {place}, which has no columns; give the direction with --pairs.source and "
            "--pairs.target, or by the order of two files."
        )


def _meant(language: str, known: list[str]) -> str:
    hint = nearest(language, known)
    return hint if "mean" in hint else ""
