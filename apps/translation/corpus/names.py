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
    "valid": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}
LANGUAGE = r"[a-z]{2,3}(?:[_-][A-Za-z]{2,4})?"
# They look like languages, and are none.
_ENDINGS = {"txt", "tsv", "csv", "tab", "md", "xml", "tmx", "pdf", "doc", "log", "zip", "tar", "gz"}
_ENDINGS |= {"bz2", "xz", "npz", "npy", "ids", "dat", "bin", "sgm", "png", "jpg", "py", "sh", "rst"}
_ABOUT = re.compile(r"(?i)_?(about|readme|licen[cs]e|notice|citation|changes)(\..*)?")


def split_of(name: str) -> str:
    """Returns the split that a path tells by its last telling word; "train" where none does.

    Example:
    >>> split_of("test_2016_flickr.en"), split_of("dev/news.de"), split_of("newstest2014.fr")
    ('test', 'validation', 'test')
    """
    for part in reversed(PurePosixPath(name).parts):
        for word in reversed(re.split(r"[_.-]", part.lower())):
            bare = word.removeprefix("news").rstrip("0123456789")
            if bare in SPLIT_WORDS:
                return SPLIT_WORDS[bare]
    return "train"


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
    if stem and re.fullmatch(LANGUAGE, ending) and ending not in _ENDINGS:
        return (path.parent / stem).as_posix(), ending
    first, _, rest = path.name.partition(".")
    split = rest.removesuffix(".txt")
    if re.fullmatch(LANGUAGE, first) and rest.endswith(".txt") and split in SPLIT_WORDS:
        return (path.parent / rest).as_posix(), first
    return None


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
    for language in (source, target):
        if language and language not in known:
            raise DataError(
                f"Expected the language {language!r} in {place}, received only "
                f"{', '.join(known)}.{_meant(language, known)}"
            )
    left = [language for language in known if language not in (source, target)]
    if bool(source) != bool(target) and len(left) == 1:
        source, target = source or left[0], target or left[0]
    if not source or not target or source == target:
        asked = f"{source or 'any'} to {target or 'any'}"
        raise DataError(
            f"Expected two languages, to translate from one to the other, received {asked} with "
            f"{', '.join(known)} in {place}; name the source and the target language."
        )
    return source, target


def _meant(language: str, known: list[str]) -> str:
    hint = nearest(language, known)
    return hint if "mean" in hint else ""
