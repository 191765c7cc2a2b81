"""The commands that only this app has, and the further flags of its `predict`."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import tyro

from shared import verbs
from shared.app import App, Verb
from shared.verbs import PredictOptions

if TYPE_CHECKING:
    from apps.translation.answering.asked import TruncationCount
    from shared.predict import Answerer


@dataclass(frozen=True)
class TranslateOptions(PredictOptions):
    """Options of `predict`."""

    n_best: int | None = None
    """Translations given for a sentence; the run's decoding.n_best by default."""
    beam_width: int | None = None
    """Hypotheses kept, 1 for greedy (runs only); the run's decoding.beam_width by default."""
    length_penalty: float | None = None
    """Above 0 favours long ones (runs only); the run's decoding.length_penalty by default."""
    coverage_penalty: float | None = None
    """Above 0 favours those that leave nothing unread (runs only); the run's by default."""
    no_repeat_ngram: int | None = None
    """No sequence of so many pieces comes twice, 0 allows it (runs only); the run's by default."""
    alignments: bool = False
    """Also print which piece of the source each piece looked at most, "source-target" from 0."""
    sample: bool = False
    """Draw translations by chance instead of searching for the likeliest (runs only)."""
    temperature: float | None = None
    """With --sample: above 1 draws more variously, below 1 less; 1 by default."""
    top_k: int | None = None
    """With --sample: draw each piece from so many likeliest; from all by default."""
    top_p: float | None = None
    """With --sample: draw from the fewest pieces that have this probability together (0 to 1)."""
    seed: int | None = None
    """With --sample: of the draws; the run's by default."""


@dataclass(frozen=True)
class ReportOptions:
    """Options of `report`."""

    run: tyro.conf.Positional[Path]
    """A run folder."""
    data: str | None = None
    """A data source; the one of the training run by default."""
    split: Literal["validation", "test", "train"] = "validation"
    """Which part of it; touch a test part once."""
    worst: int = 10
    """How many of the worst sentences are shown."""
    allow_training_data: bool = False
    """Allow a source the run was trained on."""
    format: Literal["text", "json"] = "text"
    """How the report is printed."""


@dataclass(frozen=True)
class CompareOptions:
    """Options of `compare`."""

    run: tyro.conf.Positional[Path]
    """A run folder."""
    other: tyro.conf.Positional[Path]
    """The run folder it is compared with."""
    data: str | None = None
    """A data source; the one of the first training run by default."""
    split: Literal["validation", "test", "train"] = "validation"
    """Which part of it; touch a test part once."""
    allow_training_data: bool = False
    """Allow a source one of the runs was trained on."""
    samples: int = 1000
    """Test sets that are drawn from its sentences."""
    seed: int = 12345
    """Of the draws; by default sacrebleu's own."""
    format: Literal["text", "json"] = "text"
    """How the comparison is printed."""


def predict(app: App, options: TranslateOptions) -> None:
    """Translates inputs from the command line, a file or stdin."""
    counts: list[TruncationCount] = []

    def prepare(answerer: "Answerer") -> "Answerer":
        from apps.translation.answering.asked import TruncationCount, prepared

        counts.append(TruncationCount(prepared(answerer, options)))
        return counts[0]

    verbs.predict(app, options, prepare=prepare)
    cut = sum(one.count for one in counts)
    if cut:
        print(
            f"Only the beginning was translated of {cut} of the sentences: they have more tokens "
            "than the run's decoding.max_tokens, or more bytes than are read.",
            file=sys.stderr,
        )


def report(app: App, options: ReportOptions) -> None:
    """Scores a run as a whole, by the length of sentences, and shows the worst."""
    from apps.translation.answering.answer import translate_all
    from apps.translation.scoring.report import report_on
    from apps.translation.scoring.report_text import print_report
    from shared.bundle import load_of
    from shared.errors import UserError
    from shared.held_out import load_held_out

    if options.worst < 0:
        raise UserError(f"Expected --worst of at least 0, received {options.worst}.")
    bundle = load_of(app, options.run)
    pairs = load_held_out(
        bundle,
        data=options.data,
        split=options.split,
        allow_training_data=options.allow_training_data,
    )
    sources = [pair.source for pair in pairs]
    found = report_on(
        sources,
        translate_all(bundle, sources),
        [pair.target for pair in pairs],
        language=bundle.manifest["data"]["languages"][1],
        worst=options.worst,
    )
    print_report(found, notes=app.score_notes(bundle), form=options.format)


def compare(app: App, options: CompareOptions) -> None:
    """Tells whether one run translates better than another, or may only have been luckier."""
    from apps.translation.answering.answer import translate_all
    from apps.translation.scoring.compare import compare_translations
    from apps.translation.scoring.compared_data import load_for_both
    from apps.translation.scoring.report_text import print_comparison
    from shared.bundle import load_of

    bundles = [load_of(app, path) for path in (options.run, options.other)]
    pairs = load_for_both(
        *bundles,
        data=options.data,
        split=options.split,
        allow_training_data=options.allow_training_data,
    )
    sources = [pair.source for pair in pairs]
    ours, others = (translate_all(bundle, sources) for bundle in bundles)
    found = compare_translations(
        ours,
        others,
        [pair.target for pair in pairs],
        language=bundles[0].manifest["data"]["languages"][1],
        samples=options.samples,
        seed=options.seed,
    )
    print_comparison(found, names=(str(options.run), str(options.other)), form=options.format)


VERBS: Mapping[str, Verb] = {
    "predict": Verb("translate sentences", TranslateOptions, predict),
    "report": Verb("score a run by sentence length, and show the worst", ReportOptions, report),
    "compare": Verb("tell whether a run is better than another", CompareOptions, compare),
}
