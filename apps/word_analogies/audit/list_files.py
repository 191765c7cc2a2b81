"""Reading word lists: our own text format, and the JSON files that came with the papers.

Our format is written at the head of `word_lists/en.txt`. A JSON file is recognised by what it
holds, its name only tells pairs that define gender from pairs to equalise. Called by `lists`.
"""

import io
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from shared.data.lines import Problems, read_lines
from shared.data.sources import SourceFile
from shared.errors import DataError, nearest

MAX_BYTES = 16 * 2**20
PAIR_SECTIONS = {"analogy seed": "seed", "gender pairs": "gender_pairs"}
PAIR_SECTIONS |= {"equalise pairs": "equalise_pairs"}
WORD_SECTIONS = {
    "gender specific": "gender_specific",
    "names of women": "women",
    "names of men": "men",
    "professions": "professions",
}
# In the published list of professions, -1 and 1 mark a woman's and a man's word by definition.
NEUTRAL_BY_DEFINITION = 0.5


@dataclass(frozen=True)
class WeatWords:
    """The four sets of one test: is X nearer to A, and Y to B?

    Args:
        name: of the test.
        set_names: of X, Y, A and B.
        sets: their words.
    """

    name: str
    set_names: tuple[str, str, str, str]
    sets: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...], tuple[str, ...]]

    def words(self) -> list[str]:
        """Returns the words of all four sets."""
        return [word for words in self.sets for word in words]


Fields = dict[str, Any]
Repeated = dict[str, tuple[str, ...]]


def read_list_file(file: SourceFile) -> tuple[Fields, Repeated]:
    """Reads one file.

    Returns:
        The lists by the names of `WordLists` (with `women` and `men` for names), and the words
        that were given twice.

    Raises:
        DataError: it is no list of words; all its problems are told together.
    """
    raw = file.stream.read(MAX_BYTES + 1)
    if len(raw) > MAX_BYTES:
        raise DataError(
            f"Expected word lists of at most {MAX_BYTES} bytes, received more in {file.label}; "
            "check that it is one."
        )
    problems = Problems(file.label)
    lines = list(read_lines(io.BytesIO(raw), problems))
    if file.name.endswith(".json"):
        problems.raise_any()
        fields, repeated = _from_json("\n".join(text for _, text in lines), file)
    else:
        fields, repeated = parse_lists(lines, problems)
        problems.raise_any()
    if not fields:
        raise DataError(f"Expected word lists in {file.label}, received none; give another file.")
    return fields, repeated


def parse_lists(lines: Iterable[tuple[int, str]], problems: Problems) -> tuple[Fields, Repeated]:
    """Reads our own format.

    Args:
        lines: (number, text) of each line.
        problems: takes what is wrong.

    Example:
    >>> fields, repeated = parse_lists([(1, "[professions]"), (2, "nurse cook nurse")], None)
    >>> fields, repeated
    ({'professions': ('nurse', 'cook')}, {'professions': ('nurse',)})
    """
    sections: dict[str, list[tuple[int, str]]] = {}
    current: list[tuple[int, str]] | None = None
    for number, line in lines:
        text = line.partition("#")[0].strip()
        if text.startswith("[") and text.endswith("]"):
            name = " ".join(text[1:-1].split())
            if name in sections:
                problems.add(number, f"expected each section once, received [{name}] again")
            current = sections.setdefault(name, [])
            if name not in {*PAIR_SECTIONS, *WORD_SECTIONS} and not name.startswith("weat "):
                hint = nearest(name, [*PAIR_SECTIONS, *WORD_SECTIONS, "weat NAME"])
                problems.add(number, f"expected a known section, received [{name}].{hint}")
        elif text and current is None:
            problems.add(number, f"expected [a section] first, received {text[:40]!r}")
        elif text and current is not None:
            current.append((number, text))
    return _sections_read(sections, problems)


def _sections_read(
    sections: dict[str, list[tuple[int, str]]], problems: Problems
) -> tuple[Fields, Repeated]:
    fields: Fields = {}
    repeated: Repeated = {}
    weat = []
    for name, lines in sections.items():
        twice: list[str] = []
        if name in PAIR_SECTIONS:
            pairs = [(number, text.split()) for number, text in lines]
            fields[PAIR_SECTIONS[name]] = _pairs(pairs, twice, problems)
        elif name in WORD_SECTIONS:
            words = [word for _, text in lines for word in text.split()]
            fields[WORD_SECTIONS[name]] = _once(words, twice)
        elif name.startswith("weat "):
            weat += _weat(name.removeprefix("weat "), lines, twice, problems)
        if twice:
            repeated[name] = tuple(twice)
    if "seed" in fields:
        if len(fields["seed"]) != 1:
            problems.add(1, f"expected one pair in [analogy seed], received {len(fields['seed'])}")
        fields["seed"] = next(iter(fields["seed"]), ())
    return fields | ({"weat": tuple(weat)} if weat else {}), repeated


def _once(words: Iterable[str], twice: list[str]) -> tuple[str, ...]:
    kept: dict[str, None] = {}
    for word in words:
        if word in kept:
            twice.append(word)
        kept[word] = None
    return tuple(kept)


def _pairs(
    lines: Iterable[tuple[int, Sequence[str]]], twice: list[str], problems: Problems
) -> tuple[tuple[str, str], ...]:
    """Keeps the first pair of a word: equalising it a second time would undo the first."""
    pairs: list[tuple[str, str]] = []
    used: set[str] = set()
    for number, words in lines:
        if len(words) != 2 or words[0] == words[1]:
            problems.add(number, f"expected two words a pair, received {' '.join(words)!r:.60}")
        elif again := [word for word in words if word in used]:
            twice += again
        else:
            pairs.append((words[0], words[1]))
            used.update(words)
    return tuple(pairs)


def _weat(
    name: str, lines: Sequence[tuple[int, str]], twice: list[str], problems: Problems
) -> list[WeatWords]:
    sets: dict[str, list[str]] = {}
    title = ""
    for number, text in lines:
        head, colon, words = text.partition(":")
        if colon:
            title = head.strip()
        if not title:
            problems.add(number, f"expected `set: words`, received {text[:40]!r}")
            continue
        sets.setdefault(title, []).extend((words if colon else text).split())
    line = lines[0][0] if lines else 1
    return _weat_checked(name, sets, twice, lambda problem: problems.add(line, problem))


def _weat_checked(
    name: str,
    sets: dict[str, list[str]],
    twice: list[str],
    tell: Callable[[str], None],
) -> list[WeatWords]:
    if len(sets) != 4 or not all(sets.values()):
        tell(
            f"expected four sets of words (targets X and Y, attributes A and B) in the test "
            f"{name!r}, received {len(sets)} ({', '.join(sets)})"
        )
        return []
    x, y, a, b = (_once(words, twice) for words in sets.values())
    both = sorted((set(x) & set(y)) | (set(a) & set(b)))
    if both:
        tell(f"expected a word on one side of the test {name!r}, received {both[0]!r} on both")
        return []
    one, two, three, four = sets
    return [WeatWords(name, (one, two, three, four), (x, y, a, b))]


def _from_json(text: str, file: SourceFile) -> tuple[Fields, Repeated]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"Expected JSON in {file.label}, received: {error}.") from None
    stem = PurePosixPath(file.name).stem
    twice: list[str] = []
    problems = Problems(file.label)
    fields: Fields = {}
    if isinstance(value, dict) and all(_is_words(words) for words in value.values()):
        sets = {str(name): list(words) for name, words in value.items()}
        fields["weat"] = tuple(_weat_checked(stem, sets, twice, lambda one: problems.add(1, one)))
    elif _is_words(value):
        fields["professions" if "profession" in stem else "gender_specific"] = _once(value, twice)
    elif isinstance(value, list) and value and all(_is_profession(item) for item in value):
        neutral = [item[0] for item in value if abs(item[1]) < NEUTRAL_BY_DEFINITION]
        fields["professions"] = _once(neutral, twice)
    elif isinstance(value, list) and value and all(_is_words(pair) for pair in value):
        name = "equalise_pairs" if "equal" in stem else "gender_pairs"
        fields[name] = _pairs([(row, pair) for row, pair in enumerate(value, 1)], twice, problems)
    else:
        raise DataError(
            f"Expected a JSON list of words, of pairs or of [profession, number, number], or "
            f"{{name: [words]}}, in {file.label}, received another form; see docs/data_formats.md."
        )
    problems.raise_any()
    return fields, ({stem: tuple(twice)} if twice else {})


def _is_words(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(w, str) for w in value)


def _is_profession(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) >= 2
        and isinstance(value[0], str)
        and all(isinstance(number, int | float) for number in value[1:])
    )
