"""The words an audit asks about: our own lists in two languages, or a user's files over them.

`audit` takes one `WordLists`. The lists are text files beside this module; their format is
written at the head of `word_lists/en.txt` and read by `list_files`, which also knows the
published JSON files.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from apps.word_analogies.audit.list_files import WeatWords, parse_lists, read_list_file
from apps.word_analogies.vectors import WordVectors
from shared.data.lines import Problems
from shared.data.sources import open_source
from shared.errors import DataError, nearest

# Of a text of some ten million words, those beyond are names and rare words whose vectors say
# little; Bolukbasi et al. take 50,000 of three million words that were seen far more often.
FREQUENT = 20_000
LANGUAGES = ("en", "fr")
Pair = tuple[str, str]


@dataclass(frozen=True)
class WordLists:
    """All lists of an audit; in `seed` and `gender_pairs` the women's word is the first.

    Args:
        seed: the pair whose difference finds analogies, such as (she, he).
        gender_pairs: pairs that differ in gender only.
        equalise_pairs: pairs that are made equally near to every neutral word.
        gender_specific: further words with a gender by definition.
        names: first names, of women and of men.
        professions: neutral words for work.
        weat: tests of association.
        repeated: words that a file gives twice in a list, by list; the second was dropped.
    """

    seed: Pair
    gender_pairs: tuple[Pair, ...]
    equalise_pairs: tuple[Pair, ...] = ()
    gender_specific: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    professions: tuple[str, ...] = ()
    weat: tuple[WeatWords, ...] = ()
    repeated: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def specific(self) -> frozenset[str]:
        """Every word that the lists call gendered by definition, first names left out."""
        pairs = (self.seed, *self.gender_pairs, *self.equalise_pairs)
        return frozenset(self.gender_specific) | {word for pair in pairs for word in pair}

    @cached_property
    def gendered(self) -> frozenset[str]:
        """Every word that the lists call gendered, first names included."""
        return self.specific | set(self.names)

    @property
    def neutral(self) -> tuple[str, ...]:
        """The professions that no other list calls gendered."""
        return tuple(word for word in self.professions if word not in self.gendered)

    def unknown(self, vectors: WordVectors) -> dict[str, tuple[str, ...]]:
        """Returns the words of each list that have no vector; lists without any are left out."""
        named: dict[str, Iterable[str]] = {
            "analogy seed": self.seed,
            "gender pairs": [word for pair in self.gender_pairs for word in pair],
            "equalise pairs": [word for pair in self.equalise_pairs for word in pair],
            "gender specific": self.gender_specific,
            "names": self.names,
            "professions": self.professions,
        }
        named |= {f"weat {test.name}": test.words() for test in self.weat}
        found = {name: known_rows(vectors, words)[1] for name, words in named.items()}
        return {name: tuple(words) for name, words in found.items() if words}


def load_lists(language: str = "en", *, path: Path | str | None = None) -> WordLists:
    """Returns our own lists, with those that a user's file or folder has put in their place.

    Args:
        language: "en" or "fr".
        path: a file, folder or archive of list files: our format (.txt), or the published JSON
            files of Bolukbasi et al. (definitional_pairs, equalize_pairs, gender_specific_seed or
            _full, professions) and of WEAT ({name: [words]}, targets before attributes).

    Raises:
        DataError: an unknown language, or a file that is no list of words.

    Example:
    >>> load_lists("fr").seed
    ('elle', 'il')
    """
    if language not in LANGUAGES:
        raise DataError(
            f"Expected a language with word lists, received {language!r}.{_hint(language)}"
        )
    text = (files(__package__) / "word_lists" / f"{language}.txt").read_text(encoding="utf-8")
    problems = Problems(f"{language}.txt")
    fields, repeated = parse_lists(enumerate(text.splitlines(), start=1), problems)
    problems.raise_any()
    lists = WordLists(**_as_arguments(fields), repeated=MappingProxyType(repeated))
    return lists if path is None else _with_files(lists, path)


def _hint(language: str) -> str:
    return nearest(language, LANGUAGES)


def _as_arguments(fields: Mapping[str, Any]) -> dict[str, Any]:
    arguments = dict(fields)
    names = [arguments.pop(key) for key in ("women", "men") if key in arguments]
    if names:
        arguments["names"] = tuple(dict.fromkeys(name for group in names for name in group))
    return arguments


def _with_files(lists: WordLists, path: Path | str) -> WordLists:
    found: dict[str, Any] = {}
    repeated: dict[str, tuple[str, ...]] = {}
    weat: list[WeatWords] = []
    for file in open_source(path).files(lambda name: name.endswith((".txt", ".json"))):
        fields, twice = read_list_file(file)
        weat += fields.pop("weat", ())
        found |= fields
        repeated |= {f"{file.label}: {name}": words for name, words in twice.items()}
    arguments = _as_arguments(found) | ({"weat": tuple(weat)} if weat else {})
    if not arguments:
        raise DataError(
            f"Expected word lists (.txt or .json) in {path}, received no such file; the format "
            "is written in docs/data_formats.md of word_analogies."
        )
    return replace(lists, **arguments, repeated=MappingProxyType(repeated))


def known_rows(vectors: WordVectors, words: Iterable[str]) -> tuple[np.ndarray, list[str]]:
    """Splits words into the rows of the known ones, int64 (n,), and the unknown ones.

    A word that is unknown as written is looked for with a capital, since vectors that keep case
    know first names by it.
    """
    found, unknown = [], []
    for word in dict.fromkeys(words):
        row = vectors.index.get(word, vectors.index.get(word.capitalize()))
        if row is None:
            unknown.append(word)
        else:
            found.append(row)
    return np.array(found, np.int64), unknown


def known_pairs(vectors: WordVectors, pairs: Iterable[Pair]) -> np.ndarray:
    """Returns the rows of the pairs of which both words are known, int64 (n, 2)."""
    index = vectors.index
    both = [(index[one], index[other]) for one, other in pairs if one in index and other in index]
    return np.array(both, np.int64).reshape(-1, 2)


def plain_rows(
    vectors: WordVectors, *, limit: int = FREQUENT, without: Iterable[str] = ()
) -> np.ndarray:
    """Returns the rows of plain words among the most frequent ones, int64 (n,).

    Plain is what Bolukbasi et al. (2016) keep: lower-case letters only, fewer than 20 of them.

    Args:
        vectors: words, the most frequent first.
        limit: how many words are looked at.
        without: words to leave out.
    """
    left_out = set(without)
    return np.array(
        [
            row
            for row, word in enumerate(vectors.words[:limit])
            if len(word) < 20 and word.isalpha() and word == word.lower() and word not in left_out
        ],
        np.int64,
    )
