"""What the further flags of `predict` ask of whoever answers: the search, and what is shown of it.

A run can search in any way (see `asked_run`). An exported or served model searches as it was
exported, so of it only what its answers hold can be asked: fewer translations, and alignments. For
the sake of a served one, nothing heavy is imported here.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.bundle import Bundle
from shared.errors import UserError

if TYPE_CHECKING:
    from apps.translation.answering.verbs import TranslateOptions
    from shared.predict import Answerer

# What is given for each translation, (B, N).
N_BEST = ("translations", "scores", "log_probabilities")
END = "</s>"
OF_SAMPLING = ("temperature", "top_k", "top_p", "seed")
OF_BEAMS = ("beam_width", "length_penalty", "coverage_penalty")
# Of every search of a run.
OF_BOTH = ("no_repeat_ngram",)


def prepared(answerer: "Answerer", options: "TranslateOptions") -> "Answerer":
    """Returns an answerer that does what the flags ask.

    Raises:
        UserError: a number is out of its range, flags exclude each other, or an exported model is
            asked for another search; names all of them.
    """
    given = {name: value for name, value in vars(options).items() if value is not None}
    _check(given, sampled=options.sample)
    if isinstance(answerer, Bundle):
        from apps.translation.answering.asked_run import AskedRun, sampling, searching

        search = sampling if options.sample else searching
        return AskedRun(answerer, search(answerer, given), alignments=options.alignments)
    fixed = [name for name in (*OF_BEAMS, *OF_BOTH, *OF_SAMPLING) if name in given]
    if fixed or options.sample:
        raise UserError(
            "Expected of an exported model no other search than the one it was exported with, "
            f"received {_flags(['sample'] * options.sample + fixed)}; ask the run instead."
        )
    return _AskedExport(answerer, n_best=options.n_best, alignments=options.alignments)


def pharaoh(alignment: Mapping[str, Any]) -> str:
    """Returns which piece of the source each piece of the translation looked at most.

    Args:
        alignment: `source_tokens`, `target_tokens` and `weights`, as in a result.

    Returns:
        "source-target" pairs of places counted from 0, as Pharaoh and Moses write them; the ends of
        both sentences are left out.

    Example:
    >>> weights = [[0.1, 0.8, 0.1], [0.3, 0.2, 0.5], [0.0, 0.0, 1.0]]
    >>> names = {"source_tokens": ["a", "b", "</s>"], "target_tokens": ["x", "y", "</s>"]}
    >>> pharaoh({**names, "weights": weights})
    '1-0 0-1'
    """
    sources = len(alignment["source_tokens"]) - 1
    targets = [token for token in alignment["target_tokens"] if token != END]
    if not sources or not targets:
        return ""
    looked = np.array(alignment["weights"])[: len(targets), :sources].argmax(axis=1)
    return " ".join(f"{source}-{target}" for target, source in enumerate(looked))


def aligned(result: dict[str, Any], *, wanted: bool) -> dict[str, Any]:
    """Returns a result with its `alignments` as `pharaoh` writes them, if that is wanted."""
    return {**result, "alignments": pharaoh(result["alignment"])} if wanted else result


class _AskedExport:
    """An exported or served model of whose answers only a part is wanted."""

    def __init__(self, answerer: "Answerer", *, n_best: int | None, alignments: bool):
        self._answerer, self._n_best, self._alignments = answerer, n_best, alignments

    def outputs(self, items: Sequence[Any]) -> dict[str, np.ndarray]:
        outputs = self._answerer.outputs(items)
        held = outputs["translations"].shape[1]
        if self._n_best is not None and self._n_best > held:
            raise UserError(
                f"Expected --n-best of at most {held}, which is what this model was exported with, "
                f"received {self._n_best}; ask the run instead."
            )
        return {**outputs, **{name: outputs[name][:, : self._n_best] for name in N_BEST}}

    def remark(self, result: dict[str, Any]) -> dict[str, Any]:
        return aligned(result, wanted=self._alignments)


class TruncationCount:
    """Hands on what is answered, and counts the sentences that were not read to their end.

    Args:
        answerer: what `prepared` returned.
    """

    def __init__(self, answerer: Any):
        self._answerer = answerer
        self.count = 0

    def outputs(self, items: Sequence[Any]) -> dict[str, np.ndarray]:
        """Returns the arrays of `serving_default`."""
        outputs = self._answerer.outputs(items)
        self.count += int(outputs["truncated"].sum())
        return outputs

    def remark(self, result: dict[str, Any]) -> dict[str, Any]:
        """Returns a result with what the answerer adds to it."""
        return self._answerer.remark(result)


def _check(given: Mapping[str, Any], *, sampled: bool) -> None:
    low = {"n_best": 1, "beam_width": 1, "no_repeat_ngram": 0, "top_k": 1, "seed": 0}
    problems = [
        f"{_flags([name])} of at least {least}, received {given[name]}"
        for name, least in low.items()
        if name in given and given[name] < least
    ]
    if "temperature" in given and not 1e-3 <= given["temperature"] < float("inf"):
        problems.append(f"--temperature of at least 0.001, received {given['temperature']}")
    if "top_p" in given and not 0 < given["top_p"] <= 1:
        problems.append(f"--top-p above 0 and at most 1, received {given['top_p']}")
    if "length_penalty" in given and not np.isfinite(given["length_penalty"]):
        problems.append(f"--length-penalty as a number, received {given['length_penalty']}")
    if "coverage_penalty" in given and not 0 <= given["coverage_penalty"] < float("inf"):
        problems.append(f"--coverage-penalty of at least 0, received {given['coverage_penalty']}")
    if problems:
        raise UserError(f"Expected {'; '.join(problems)}.")
    misplaced = [name for name in (OF_BEAMS if sampled else OF_SAMPLING) if name in given]
    if misplaced:
        raise UserError(
            f"Expected {_flags(misplaced)} only {'without' if sampled else 'with'} --sample; "
            f"{'leave one of them out' if sampled else 'add it'}."
        )


def _flags(names: Sequence[str]) -> str:
    return ", ".join("--" + name.replace("_", "-") for name in names)
