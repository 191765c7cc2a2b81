"""A run that searches otherwise than by its own settings, for `apps.translation.asked`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from apps.translation.answer import answer
from apps.translation.asked import OF_BEAMS, aligned
from apps.translation.sampler import Sampler
from apps.translation.translator import Translator
from shared.bundle import Bundle
from shared.errors import UserError

Search = Callable[[np.ndarray], Mapping[str, np.ndarray]]


class AskedRun:
    """A run that searches as it was asked to.

    Args:
        bundle: the run.
        search: source ids (B, S) -> what a `Translator` returns.
        alignments: whether results also have them as text.
    """

    def __init__(self, bundle: Bundle, search: Search, *, alignments: bool):
        self._bundle, self._search, self._alignments = bundle, search, alignments

    def outputs(self, items: Sequence[Any]) -> dict[str, np.ndarray]:
        """Returns the arrays of `apps.translation.answer.answer`."""
        return answer(self._bundle, items, search=self._search)

    def remark(self, result: dict[str, Any]) -> dict[str, Any]:
        """Adds what a served model does not know, and alignments."""
        return aligned(self._bundle.remark(result), wanted=self._alignments)


def searching(bundle: Bundle, given: Mapping[str, Any]) -> Search:
    """Returns the beam search over a run's network.

    Args:
        bundle: the run, whose own settings hold where nothing is given.
        given: `n_best`, `beam_width`, `length_penalty`.

    Raises:
        UserError: more translations are wanted than hypotheses are kept.
    """
    asked = {name: given[name] for name in ("n_best", *OF_BEAMS) if name in given}
    decoding = replace(bundle.config.decoding, **asked)
    if decoding.n_best > decoding.beam_width:
        raise UserError(
            f"Expected --n-best of at most the beam width {decoding.beam_width}, received "
            f"{decoding.n_best}; add --beam-width {decoding.n_best} or more."
        )
    translator = Translator(bundle.model, decoding, with_attention=True)
    return lambda source_ids: translator.predict_on_batch({"source_ids": source_ids})


def sampling(bundle: Bundle, given: Mapping[str, Any]) -> Search:
    """Returns draws from a run's network, the best first.

    Args:
        bundle: the run, whose own settings hold where nothing is given.
        given: `n_best`, `temperature`, `top_k`, `top_p`, `seed`.
    """
    sampler = Sampler(
        bundle.model,
        bundle.config.decoding,
        temperature=given.get("temperature", 1.0),
        top_k=given.get("top_k"),
        top_p=given.get("top_p"),
    )
    seed = given.get("seed", bundle.config.seed)
    return _Draws(sampler, draws=given.get("n_best", bundle.config.decoding.n_best), seed=seed)


class _Draws:
    """Draws translations by chance; the same for a seed, however sentences are batched."""

    def __init__(self, sampler: Sampler, *, draws: int, seed: int):
        self._sampler, self._draws, self._seed = sampler, draws, seed
        self._done = 0

    def __call__(self, source_ids: np.ndarray) -> dict[str, np.ndarray]:
        rows, length = source_ids.shape
        steps = self._sampler.steps(length)
        noise = [
            np.random.default_rng((self._seed, self._done + row, draw)).random(steps, np.float32)
            for row in range(rows)
            for draw in range(self._draws)
        ]
        self._done += rows
        found = self._sampler.predict_on_batch(
            {"source_ids": np.repeat(source_ids, self._draws, axis=0), "noise": np.stack(noise)}
        )
        drawn = {
            name: array.reshape(rows, self._draws, *array.shape[2:])
            for name, array in found.items()
        }
        order = np.argsort(-drawn["score"], axis=1, kind="stable")
        return {
            name: np.take_along_axis(array, order.reshape(*order.shape, *[1] * (array.ndim - 2)), 1)
            for name, array in drawn.items()
        }
