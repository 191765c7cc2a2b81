"""Which of the files beside the images holds the captions, and in which format."""

import re
from pathlib import PurePosixPath
from typing import Literal

from shared.data.columns import has_columns
from shared.data.pictures.names import split_of

Kind = Literal["tokens", "table", "lines", "json", ""]

PATHS = ("path", "image", "file", "filename", "file_name", "filepath", "image_path", "image_name")
CAPTIONS = ("caption", "captions", "text", "comment", "sentence", "description")
SPLITS = ("split", "part", "subset")
SUFFIXES = (".txt", ".token", ".csv", ".tsv", ".json", ".jsonl", ".ndjson")
TOKEN_LINE = re.compile(r"^([^\t]+)#\d+\t(.*)$")
_CAPTION_KEYS = re.compile(r'"(captions?|sentences|text)"\s*:')
_CAPTION_NAMES = ("caption", "dataset", "karpathy")
_LIST = re.compile(r"(?:^|[._-])(train|training|dev|val|validation|test)(?:_?images)?$", re.I)


def kind_of(name: str, start: bytes, *, asked: bool = False) -> Kind:
    r"""Returns the format of a caption file, or "" for any other file.

    Args:
        name: of the file, without `.gz`.
        start: its first bytes, some thousand.
        asked: the user named this very file, so it is read as what its name says, and its reader
            tells what is wrong with it.

    Example:
    >>> kind_of("Flickr8k.token.txt", b"1.jpg#0\tA dog .\n")
    'tokens'
    >>> kind_of("captions.csv", b"image,caption\n1.jpg,A dog.\n")
    'table'
    >>> kind_of("readme.txt", b"The images are ..."), kind_of("instances.json", b'{"info": 1}')
    ('', '')
    """
    path = PurePosixPath(name.lower())
    # Flickr8k comes with a second file of the same sentences, whose words are lemmas.
    if path.suffix not in SUFFIXES or ("lemma" in path.name and not asked):
        return ""
    encoding = "utf-16" if start.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    text = start.decode(encoding, "replace").lstrip()
    first = text.split("\n", 1)[0].rstrip("\r")
    if path.suffix == ".json":
        told = any(word in path.name for word in _CAPTION_NAMES) or _CAPTION_KEYS.search(text)
        return "json" if asked or (told and text[:1] in ("{", "[")) else ""
    if path.suffix in (".jsonl", ".ndjson"):
        return "lines" if asked or (first[:1] == "{" and _CAPTION_KEYS.search(first)) else ""
    if TOKEN_LINE.match(first):
        return "tokens"
    return "table" if asked or has_columns(first, (PATHS, CAPTIONS)) else ""


def listed_split(name: str) -> str:
    """Returns the part that a list of image names is for, by its own name; "" for any other file.

    Example:
    >>> listed_split("Flickr_8k.devImages.txt"), listed_split("lists/test.txt")
    ('validation', 'test')
    >>> listed_split("Flickr8k.token.txt"), listed_split("contest.txt")
    ('', '')
    """
    path = PurePosixPath(name)
    found = _LIST.search(path.stem) if path.suffix.lower() == ".txt" else None
    return split_of(found[1]) if found else ""


def split_in(name: str) -> str:
    """Returns the part that the name of a caption file or its folder tells; "" where none does.

    Example:
    >>> split_in("annotations/captions_val2017.json"), split_in("Test/metadata.jsonl")
    ('validation', 'test')
    """
    path = PurePosixPath(name)
    words = [*re.split(r"[^a-z]+", path.stem.lower()), path.parent.name.lower()]
    return next((split for word in words if (split := split_of(word))), "")
