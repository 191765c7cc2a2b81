"""Translation sets of TensorFlow Datasets: records that hold a text for each language."""

from pathlib import Path

from apps.translation.corpus.files import Languages, Part
from apps.translation.corpus.names import choose_languages, split_of
from apps.translation.corpus.pair import Pair
from shared.data.catalogue import CataloguePart, read_catalogue
from shared.errors import DataError


def read_set(
    source: str, languages: Languages, *, data_dir: Path | None, download: bool
) -> tuple[list[Part], Languages]:
    """Reads the pairs of a data set.

    Args:
        source: "tfds:NAME".
        languages: asked for; "" for whichever is left of two.
        data_dir: where it lies.
        download: lets it be fetched.

    Raises:
        DataError: it cannot be read, or its records do not hold these languages.
    """
    splits = read_catalogue(source, data_dir=data_dir, download=download)
    first = next((record for split in splits for record in split.records()), {})
    known = [name for name, value in first.items() if isinstance(value, str)]
    if len(known) < 2:
        raise DataError(
            f"Expected records with a text for each of two languages in {source}, received the "
            f"fields {', '.join(first) or 'none'}; give a translation set."
        )
    chosen = choose_languages(known, languages.source, languages.target, place=source)
    return [_part(split, chosen) for split in splits], Languages(*chosen)


def _part(split: CataloguePart, languages: tuple[str, str]) -> Part:
    # A record may hold what no line of a file can.
    pairs = [
        Pair(*(record[one].replace("\0", " ").replace("\n", " ") for one in languages))
        for record in split.records()
    ]
    return Part(split.name, split_of(split.name), split.sha256, pairs)
