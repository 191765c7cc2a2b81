"""The commands that only this app has: what each accepts, and what it does."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import tyro

from shared.app import App, Verb
from shared.errors import DataError, UserError

if TYPE_CHECKING:
    from apps.word_analogies.testsets import TestSet
    from apps.word_analogies.vectors import WordVectors
    from shared.bundle import Bundle


@dataclass(frozen=True)
class AuditOptions:
    """Options of `audit`."""

    run: tyro.conf.Positional[Path]
    """A run folder."""
    report: Path = Path("audit.html")
    """The report to write: one HTML file with pictures, which needs nothing else."""
    json: Path | None = None
    """Also write all numbers into this file."""
    language: Literal["en", "fr"] = "en"
    """The language of our own word lists."""
    lists: Path | None = None
    """A file, folder or archive of word lists in place of ours."""
    questions: tuple[str, ...] = ()
    """Test sets to see the cost of de-biasing by; those of the run by default."""
    limit: int = 20_000
    """Among how many of the most frequent words analogies and neighbours are sought."""
    debiased: Path | None = None
    """Also write the de-biased vectors as a run, which can be asked and exported."""
    seed: int = 0
    """Of sampled permutations and of the clustering."""


@dataclass(frozen=True)
class PictureOptions:
    """Options of `picture`."""

    run: tyro.conf.Positional[Path]
    """A run folder."""
    words: tyro.conf.Positional[tuple[str, ...]]
    """Words of the map; or a, b and c of the analogy "a is to b as c is to what"."""
    to: Path = Path("words.png")
    """The picture to write (.png, .svg or .pdf)."""
    kind: Literal["map", "analogy"] = "map"
    """Words as points in a plane, or an analogy as a parallelogram."""
    method: Literal["pca", "tsne"] = "pca"
    """How a map is laid out."""
    seed: int = 0
    """Of t-SNE."""


@dataclass(frozen=True)
class ImportOptions:
    """Options of `import-vectors`."""

    vectors: tyro.conf.Positional[Path]
    """Vectors in word2vec's text or binary format, GloVe's, fastText's .vec, or a projector's."""
    out: Path
    """The run folder to write."""
    limit: int | None = None
    """Words to read at most, from the beginning."""
    questions: tuple[str, ...] = ()
    """Test sets to score by, files or gensim:NAME; by default those that come with gensim."""


@dataclass(frozen=True)
class ExportVectorsOptions:
    """Options of `export-vectors`."""

    run: tyro.conf.Positional[Path]
    """A run folder."""
    to: Path
    """The file to write, or the folder for projector."""
    form: Literal["word2vec", "word2vec-binary", "glove", "fasttext", "projector"] = "word2vec"
    """The format."""


def audit(app: App, options: AuditOptions) -> None:
    """Measures the bias of vectors, removes what hard de-biasing removes, and measures again."""
    from apps.word_analogies.audit.audit import audit as run_audit
    from apps.word_analogies.audit.lists import load_lists
    from apps.word_analogies.audit.report import write_report
    from apps.word_analogies.data import sets_for
    from shared.bundle import check_empty
    from shared.files import write_json

    # What cannot be written is told before minutes are spent.
    for path in filter(None, (options.report, options.json)):
        if path.is_dir() or not path.parent.is_dir():
            raise UserError(f"Expected a file in an existing folder, received {path}.")
    if options.debiased is not None:
        check_empty(options.debiased)
    bundle, vectors = _open(app, options.run)
    test_sets = sets_for(bundle.config.data, options.questions or bundle.config.questions)
    found = run_audit(
        vectors,
        language=options.language,
        lists=load_lists(options.language, path=options.lists),
        test_sets=test_sets,
        limit=options.limit,
        seed=options.seed,
        progress=lambda step: print(f"audit: {step}", file=sys.stderr),
    )
    write_report(found, options.report)
    if options.json is not None:
        write_json(options.json, found.to_dict())
    print(f"analogies  {len(found.analogies_before)} -> {len(found.analogies_after)}")
    for name, share in found.shares.items():
        print(f"analogies/{name}_percent  {share.before:.4g} -> {share.after:.4g}")
    print(f"direct_bias  {found.direct_bias.before:.4g} -> {found.direct_bias.after:.4g}")
    print(f"Wrote {options.report}", file=sys.stderr)
    if options.debiased is not None:
        _keep(
            app,
            bundle.config,
            bundle.preprocessing,
            found.debiased,
            options.debiased,
            bundle.manifest["data"],
            test_sets,
        )


def picture(app: App, options: PictureOptions) -> None:
    """Draws words of a run."""
    _, vectors = _open(app, options.run)
    if options.kind == "map":
        from apps.word_analogies.pictures.map import draw_map

        unknown = draw_map(
            vectors, options.words, options.to, method=options.method, seed=options.seed
        )
        if unknown:
            print(f"Not in the vocabulary: {', '.join(unknown)}", file=sys.stderr)
    else:
        from apps.word_analogies.pictures.parallelogram import draw_parallelogram

        if len(options.words) != 3:
            raise UserError(
                f"Expected three words for an analogy, received {len(options.words)}; give a, b "
                'and c of "a is to b as c is to what".'
            )
        print(draw_parallelogram(vectors, options.words, options.to))  # type: ignore[arg-type]
    print(f"Wrote {options.to}", file=sys.stderr)


def import_vectors(app: App, options: ImportOptions) -> None:
    """Makes a run of vectors that were trained elsewhere."""
    from dataclasses import replace

    import numpy as np

    from apps.word_analogies.config import PRESETS
    from apps.word_analogies.data import sets_for
    from apps.word_analogies.formats import read_vectors
    from apps.word_analogies.preprocessing import WordList
    from shared.bundle import check_empty
    from shared.files import sha256
    from shared.text.words import Vocabulary

    check_empty(options.out)
    vectors = read_vectors(options.vectors, limit=options.limit)
    if len(vectors) < 2:
        raise DataError(f"Expected vectors of two words or more, received {len(vectors)}.")
    # Words that a run cannot hold are told before it is begun.
    Vocabulary(vectors.words)
    preset = PRESETS["base"]
    lower = not any(word != word.lower() for word in vectors.words)
    config = replace(
        preset,
        data=str(options.vectors),
        questions=options.questions,
        text=replace(preset.text, lower=lower),
        vectors=replace(preset.vectors, size=vectors.size),
    )
    counts = vectors.counts
    if counts is None:
        # Nobody knows them; by Zipf's law the word of rank r comes as often as 1 / r.
        counts = np.maximum(1, 10 * len(vectors) // np.arange(1, len(vectors) + 1))
    words = WordList(vectors.words, counts, lower=lower)
    name, digest = options.vectors.name, "" if options.vectors.is_dir() else sha256(options.vectors)
    part = {"name": name, "split": "train", "sha256": digest, "examples": len(vectors)}
    info = {"source": str(options.vectors), "parts": [part]}
    test_sets = sets_for(config.data, config.questions)
    _keep(app, config, words, vectors, options.out, info, test_sets)


def export_vectors(app: App, options: ExportVectorsOptions) -> None:
    """Writes the vectors of a run for other programs."""
    from apps.word_analogies.formats import write_vectors

    _, vectors = _open(app, options.run)
    write_vectors(vectors, options.to, options.form)
    print(f"Wrote {options.to}", file=sys.stderr)


def _open(app: App, run: Path) -> "tuple[Bundle, WordVectors]":
    from apps.word_analogies.vectors import vectors_of_bundle
    from shared.bundle import load_of

    bundle = load_of(app, run)
    return bundle, vectors_of_bundle(bundle)


def _keep(
    app: App,
    config: Any,
    words: Any,
    vectors: "WordVectors",
    run_dir: Path,
    info: Mapping[str, Any],
    test_sets: "Sequence[TestSet]",
) -> None:
    """Writes vectors that were not trained here as a run, and scores them."""
    from apps.word_analogies.training import keep, scored
    from shared.bundle import record
    from shared.quiet import load_keras

    load_keras()
    with record(app, config, run_dir, preprocessing=words, info=info) as recording:
        bundle = keep(app, config, run_dir, words, vectors, recording.manifest)
        recording.scores |= scored(bundle, test_sets)
    print(f"Wrote {run_dir}", file=sys.stderr)


VERBS: Mapping[str, Verb] = {
    "audit": Verb("measure and reduce the gender bias of a run", AuditOptions, audit),
    "picture": Verb("draw a map of words, or an analogy", PictureOptions, picture),
    "import-vectors": Verb("make a run of vectors from elsewhere", ImportOptions, import_vectors),
    "export-vectors": Verb(
        "write vectors for other programs", ExportVectorsOptions, export_vectors
    ),
}
