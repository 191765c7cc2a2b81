"""Which files of a source hold which part of which task, and their stories.

Official bAbI folders and archives, a user's own files and data sets of TensorFlow Datasets all
come out as a list of `Part`; `apps.memory_qa.data` makes the splits of it.
"""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from apps.memory_qa.formats import Story, grouped, read_stories
from apps.memory_qa.records import FIELDS, example_of
from apps.memory_qa.sample import sample_stories
from shared.data.catalogue import PREFIX, read_catalogue
from shared.data.lines import Problems
from shared.data.sources import Source, open_source
from shared.errors import DataError

SAMPLE = "sample"
FOLDERS = {"1k": ("en-valid", "en"), "10k": ("en-valid-10k", "en-10k")}
SPLIT_WORDS = {
    "train": "train",
    "valid": "validation",
    "validation": "validation",
    "val": "validation",
    "dev": "validation",
    "test": "test",
}


@dataclass(frozen=True)
class Part:
    """Stories of one file, or of one split of a data set.

    Args:
        name: of the file, or of the split.
        split: "train", "validation" or "test".
        sha256: digest of the file's content.
        stories: each the list of its questions.
    """

    name: str
    split: str
    sha256: str
    stories: list[Story]


def digest(stories: list[Story]) -> str:
    """Returns a SHA-256 of stories that are not a file of their own."""
    records = [asdict(example) for story in stories for example in story]
    return hashlib.sha256(json.dumps(records).encode()).hexdigest()


def read_parts(
    source: str,
    *,
    size: str,
    tasks: tuple[int, ...],
    seed: int,
    data_dir: Path | None,
    download: bool,
) -> tuple[list[Part], str]:
    """Returns the parts of a source and the bAbI folder they were in; see `data.load_stories`."""
    if source != SAMPLE and not source.startswith(PREFIX):
        opened = open_source(source)
        chosen, folder = _choose(opened, size, tasks)
        return _read(opened, chosen), folder
    if tasks:
        raise DataError(
            f"Expected no task numbers with {source!r}, received "
            f"{', '.join(map(str, tasks))}; they belong to bAbI files."
        )
    if source == SAMPLE:
        return [
            Part(f"sample {split} seed {seed}", split, digest(stories), stories)
            for split, stories in sample_stories(seed).items()
        ], ""
    return _catalogue_parts(source, data_dir, download), ""


def _catalogue_parts(source: str, data_dir: Path | None, download: bool) -> list[Part]:
    parts = []
    for split in read_catalogue(source, data_dir=data_dir, download=download):
        problems, examples = Problems(f"{source} {split.name}"), []
        for number, record in enumerate(split.records(), start=1):
            known = {name: value for name, value in record.items() if name in FIELDS}
            try:
                examples.append(example_of(known, task="stories"))
            except DataError as error:
                problems.add(number, str(error))
        problems.raise_any()
        name, _ = split_and_task(split.name)
        parts.append(Part(split.name, name, split.sha256, grouped(examples)))
    return parts


def task_order(task: str) -> tuple[int, str]:
    """Returns a key that sorts qa2 before qa10."""
    match = re.fullmatch(r"qa([0-9]+)", task)
    return (int(match[1]) if match else 0, task)


def _choose(
    source: Source, size: str, tasks: tuple[int, ...]
) -> tuple[dict[str, tuple[str, str]], str]:
    """Returns {file name: (split, task)} of the files to read, and the bAbI folder."""
    names = source.names()
    official = {name: found for name in names if (found := _official(name))}
    if official:
        folder = _choose_folder(
            source, {str(PurePosixPath(name).parent) for name in official}, size
        )
        chosen = {
            name: found
            for name, found in official.items()
            if str(PurePosixPath(name).parent) == folder
        }
        folder = "" if folder == "." else folder
        return _choose_tasks(chosen, tasks, f"{source.path.name} {folder}".strip()), folder
    if tasks:
        raise DataError(
            f"Expected files named like qa1_train.txt in {source.path} to choose tasks from, "
            "received none; leave the task numbers out."
        )
    stories = {
        name: found
        for name in names
        if source.kind == "file" or PurePosixPath(name).suffix in (".txt", ".jsonl", ".json")
        if not re.match(r"(?i)(readme|licen[cs]e|notice)", PurePosixPath(name).name)
        if (found := split_and_task(PurePosixPath(name).stem))
    }
    if not stories:
        raise DataError(
            f"Expected .txt or .jsonl files with stories in {source.path}, received "
            f"{len(names)} other files; see docs/data_formats.md."
        )
    return stories, ""


def _official(name: str) -> tuple[str, str] | None:
    """Returns the split and task of a file with a bAbI name."""
    match = re.fullmatch(r"qa([0-9]+)(_.*)?_(train|valid|test)\.txt", PurePosixPath(name).name)
    return (SPLIT_WORDS[match[3]], f"qa{int(match[1])}") if match else None


def split_and_task(stem: str) -> tuple[str, str]:
    """Returns the split and task that the name of a user's file tells.

    Example:
    >>> split_and_task("office_valid"), split_and_task("train"), split_and_task("mine")
    (('validation', 'office'), ('train', 'stories'), ('train', 'mine'))
    """
    words = re.split(r"[_.-]", stem)
    split = next((word.lower() for word in reversed(words) if word.lower() in SPLIT_WORDS), "")
    task = "_".join(word for word in words if word and word.lower() != split)
    return SPLIT_WORDS.get(split, "train"), task or "stories"


def _choose_folder(source: Source, folders: set[str], size: str) -> str:
    """Returns the folder to read: the one of the size asked for, or the only one there is."""
    readable = sorted(
        folder
        for folder in folders
        # The tasks in Hindi and in shuffled letters are other data sets.
        if not re.match(r"(shuffled|hn)\b", PurePosixPath(folder).name)
    ) or sorted(folders)
    known = {name for names in FOLDERS.values() for name in names}
    if len(readable) == 1 and PurePosixPath(readable[0]).name not in known:
        return readable[0]
    for wanted in FOLDERS[size]:
        fitting = [folder for folder in readable if PurePosixPath(folder).name == wanted]
        if len(fitting) == 1:
            return fitting[0]
    raise DataError(
        f"Expected one folder {' or '.join(FOLDERS[size])} in {source.path} for the size {size}, "
        f"received {', '.join(readable)}; ask for the other size or give one of these folders."
    )


def _choose_tasks(
    chosen: dict[str, tuple[str, str]], tasks: tuple[int, ...], place: str
) -> dict[str, tuple[str, str]]:
    if not tasks:
        return chosen
    there = {task for _, task in chosen.values()}
    missing = [number for number in tasks if f"qa{number}" not in there]
    if missing:
        raise DataError(
            f"Expected the tasks {', '.join(map(str, missing))} in {place}, received only "
            f"{', '.join(sorted(there, key=task_order))}; choose among these."
        )
    wanted = {f"qa{number}" for number in tasks}
    return {name: found for name, found in chosen.items() if found[1] in wanted}


def _read(source: Source, chosen: dict[str, tuple[str, str]]) -> list[Part]:
    """Reads the chosen files; what is wrong with any of them is raised together."""
    parts, problems = [], []
    for file in source.files(lambda name: name in chosen):
        split, task = chosen[file.name]
        try:
            stories = read_stories(file.stream, label=file.label, task=task)
        except DataError as error:
            problems.append(str(error))
            continue
        parts.append(Part(file.name, split, file.sha256(), stories))
    if problems:
        more = f" And {len(problems) - 3} more files." if len(problems) > 3 else ""
        raise DataError(" ".join(f"{problem}." for problem in problems[:3]) + more)
    # A folder and an archive of it must give the same examples in the same order.
    return sorted(parts, key=lambda part: (task_order(chosen[part.name][1]), part.name))
