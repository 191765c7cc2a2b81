"""What the further flags of `predict` ask of whoever answers: how captions are searched for.

A run can search in any way. An exported or served model searches as it was exported, so of it only
fewer captions can be asked. For the sake of a served one, nothing heavy is imported here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shared.bundle import Bundle
from shared.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from apps.image_captioning.answering.verbs import CaptionOptions
    from shared.predict import Answerer

# What is given for each caption, (B, N).
N_BEST = ("captions", "scores", "log_probabilities")


def prepared(answerer: "Answerer", options: "CaptionOptions") -> "Answerer":
    """Returns an answerer that does what the flags ask.

    Raises:
        UserError: a number is out of its range, more captions are wanted than hypotheses are kept,
            or an exported model is asked for another search.
    """
    given = {
        name: value
        for name in ("n_best", "beam_width")
        if (value := getattr(options, name)) is not None
    }
    if problems := [
        f"--{name.replace('_', '-')} of at least 1, received {value}"
        for name, value in given.items()
        if value < 1
    ]:
        raise UserError(f"Expected {'; '.join(problems)}.")
    if isinstance(answerer, Bundle):
        return _searching(answerer, given)
    if "beam_width" in given:
        raise UserError(
            "Expected of an exported model no other search than the one it was exported with, "
            "received --beam-width; ask the run instead."
        )
    return _AskedExport(answerer, n_best=options.n_best)


def _searching(bundle: Bundle, given: Mapping[str, int]) -> Bundle:
    """Returns the run with other settings of the search."""
    decoding = bundle.config.decoding
    # A narrow beam holds no more captions; who asks for the beam alone gets what there is.
    least = min(decoding.n_best, given.get("beam_width", decoding.beam_width))
    decoding = replace(decoding, **{"n_best": least, **given})
    if decoding.n_best > decoding.beam_width:
        raise UserError(
            f"Expected --n-best of at most the beam width {decoding.beam_width}, received "
            f"{decoding.n_best}; add --beam-width {decoding.n_best} or more."
        )
    # What was compiled for the other search is left behind.
    return replace(bundle, config=replace(bundle.config, decoding=decoding), memo={})


class _AskedExport:
    """An exported or served model of whose answers only a part is wanted."""

    def __init__(self, answerer: "Answerer", *, n_best: int | None):
        self._answerer, self._n_best = answerer, n_best

    def outputs(self, items: Sequence[Any]) -> "dict[str, np.ndarray]":
        outputs = self._answerer.outputs(items)
        held = outputs["captions"].shape[1]
        if self._n_best is not None and self._n_best > held:
            raise UserError(
                f"Expected --n-best of at most {held}, which is what this model was exported with, "
                f"received {self._n_best}; ask the run instead."
            )
        return {**outputs, **{name: outputs[name][:, : self._n_best] for name in N_BEST}}
