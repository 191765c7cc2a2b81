"""Which files of a source hold which pairs.

A file of tab-separated pairs, two parallel files, and folders or archives of either come out as
a list of `Part`; data sets of TensorFlow Datasets do in `apps.translation.corpus.catalogue`.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from apps.translation.corpus.names import (
    about_itself,
    check_swap,
    choose_languages,
    language_of,
    split_of,
)
from apps.translation.corpus.pair import Pair
from apps.translation.corpus.parallel import join_sides, read_side
from apps.translation.corpus.tabs import read_tabs
from shared.data.limits import SUFFIXES
from shared.data.sources import Source, open_source
from shared.errors import DataError

TAB_ENDINGS = (".txt", ".tsv", ".tab")


@dataclass(frozen=True)
class Part:
    """Pairs of one file, of two parallel files, or of one split of a data set.

    Args:
        name: of the file or split; of two files both.
        split: "train", "validation" or "test".
        sha256: digest of the content.
        pairs: in the order of their lines.
    """

    name: str
    split: str
    sha256: str
    pairs: list[Pair]


@dataclass(frozen=True)
class Languages:
    """From which language to which; "" where only the columns of a file tell them apart.

    Args:
        source: to translate from.
        target: to translate to.
    """

    source: str = ""
    target: str = ""


def digest(pairs: Iterable[Pair]) -> str:
    """Returns a SHA-256 of pairs that are not a file of their own."""
    together = hashlib.sha256()
    for pair in pairs:
        together.update("\t".join([*pair, ""]).encode("utf-8", "surrogatepass"))
    return together.hexdigest()


def read_files(source: str, languages: Languages, *, swap: bool) -> tuple[list[Part], Languages]:
    """Reads the pairs of a path, and tells the languages.

    Args:
        source: path of a file, folder or archive; or of two files with a comma between.
        languages: asked for; "" for what the names of the files tell.
        swap: translates from the second column of tab-separated files into the first; refused
            with parallel files, but where both languages are asked for.

    Raises:
        DataError: it cannot be read, or holds no pairs of these languages.
    """
    asked = (languages.source, languages.target)
    if "," in source and not Path(source).exists():
        check_swap(swap, *asked, place=source)
        return _read_two(source.split(","), languages)
    opened = open_source(source)
    if opened.kind == "file":
        beside = _beside(Path(source))
        if beside:
            check_swap(swap, *asked, place=source)
            if not any(asked):
                told = language_of(opened.names()[0])
                languages = replace(languages, source=told[1] if told else "")
            known = choose_languages(
                beside, languages.source, languages.target, place=str(Path(source).parent)
            )
            return _read_two([str(beside[language]) for language in known], Languages(*known))
    else:
        parallel = _parallel(opened.names())
        if parallel:
            check_swap(swap, *asked, place=source)
            return _read_parallel(opened, parallel, languages)
    return _read_tabs(opened, swap=swap), languages


def _beside(path: Path) -> dict[str, Path]:
    """Returns the files that are parallel to a file, and itself, by their languages."""
    told = language_of(_plain(path.name))
    if not told:
        return {}
    found = {
        other[1]: sibling
        for sibling in sorted(path.parent.iterdir())
        if (other := language_of(_plain(sibling.name))) and other[0] == told[0]
    }
    return {**found, told[1]: path} if len(found) > 1 else {}


def _plain(name: str) -> str:
    suffix = PurePosixPath(name).suffix
    return name.removesuffix(suffix) if suffix in SUFFIXES else name


def _parallel(names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Returns {what parallel files share: {language: file name}}, where there are two or more."""
    groups: dict[str, dict[str, str]] = {}
    for name in names:
        told = language_of(name)
        if told:
            groups.setdefault(told[0], {})[told[1]] = name
    return {shared: group for shared, group in groups.items() if len(group) > 1}


def _read_two(paths: Sequence[str], languages: Languages) -> tuple[list[Part], Languages]:
    if len(paths) != 2 or not all(paths):
        raise DataError(
            "Expected two files with a comma between, such as train.en,train.fr, received "
            f"{','.join(paths)!r}; put parallel files of more parts into one folder."
        )
    told = [found[1] if (found := language_of(_plain(Path(path).name))) else "" for path in paths]
    if all(told) and told[0] != told[1]:
        if languages.source or languages.target:
            known = choose_languages(
                told, languages.source, languages.target, place=",".join(paths)
            )
            paths = paths if known[0] == told[0] else paths[::-1]
            told = list(known)
        languages = Languages(*told)
    lines, names, digests = [], [], []
    for path in paths:
        opened = open_source(path)
        if opened.kind != "file":
            raise DataError(
                f"Expected two parallel files, received the {opened.kind} {path!r}; give a folder "
                "or archive alone."
            )
        for file in opened.files():
            lines.append(read_side(file.stream, label=file.label))
            names.append(file.name)
            digests.append(file.sha256())
    pairs = join_sides(lines[0], lines[1], labels=(names[0], names[1]))
    return [Part(" + ".join(names), split_of(names[0]), _both(digests), pairs)], languages


def _read_parallel(
    opened: Source, parallel: dict[str, dict[str, str]], languages: Languages
) -> tuple[list[Part], Languages]:
    every = {language for group in parallel.values() for language in group}
    known = choose_languages(
        every, languages.source, languages.target, place=opened.path.name or str(opened.path)
    )
    parts, problems = [], []
    for _, group in sorted(parallel.items()):
        if not all(language in group for language in known):
            continue
        wanted = [group[language] for language in known]
        read = {
            file.name: (file.label, read_side(file.stream, label=file.label), file.sha256())
            for file in opened.files(lambda name, wanted=wanted: name in wanted)  # type: ignore[misc]
        }
        (left, source, one), (right, target, other) = (read[name] for name in wanted)
        try:
            pairs = join_sides(source, target, labels=(left, right))
        except DataError as error:
            problems.append(str(error))
            continue
        parts.append(Part(" + ".join(wanted), split_of(wanted[0]), _both([one, other]), pairs))
    if problems:
        raise DataError(" ".join(problems))
    if not parts:
        raise DataError(
            f"Expected files of {known[0]} and {known[1]} with the same name before the language "
            f"in {opened.path}, received {', '.join(sorted(parallel))}; rename them."
        )
    return parts, Languages(*known)


def _read_tabs(opened: Source, *, swap: bool) -> list[Part]:
    def wanted(name: str) -> bool:
        return opened.kind == "file" or (name.endswith(TAB_ENDINGS) and not about_itself(name))

    parts, problems = [], []
    for file in opened.files(wanted):
        try:
            pairs = read_tabs(file.stream, label=file.label)
        except DataError as error:
            problems.append(str(error))
            continue
        if swap:
            pairs = [Pair(target, source) for source, target in pairs]
        parts.append(Part(file.name, split_of(file.name), file.sha256(), pairs))
    if problems:
        more = f" And {len(problems) - 3} more files." if len(problems) > 3 else ""
        raise DataError(" ".join(f"{problem}." for problem in problems[:3]) + more)
    if not parts:
        raise DataError(
            f"Expected source TAB translation in {' or '.join(TAB_ENDINGS)} files, or parallel "
            f"files such as train.en and train.fr in {opened.path}, received "
            f"{len(opened.names())} other files; give a file of pairs."
        )
    # A folder and an archive of it must give the same pairs in the same order.
    return sorted(parts, key=lambda part: part.name)


def _both(digests: Sequence[str]) -> str:
    return hashlib.sha256("".join(digests).encode()).hexdigest()
