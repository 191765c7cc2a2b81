"""A run that searches otherwise than by its own settings; `asked` prepares it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from apps.translation.answering.answer import answer
from apps.translation.answering.asked import OF_BEAMS, OF_BOTH, aligned
from apps.translation.sampler import Sampler
from apps.translation.translator import Translator, most_tokens
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
        """Returns the arrays of `apps.translation.answering.answer.answer`."""
        return answer(self._bundle, items, search=self._search)

    def remark(self, result: dict[str, Any]) -> dict[str, Any]:
        """Adds what a served model does not know, and alignments."""
        return aligned(self._bundle.remark(result), wanted=self._alignments)


def searching(bundle: Bundle, given: Mapping[str, Any]) -> Search:
    """Returns the beam search over a run's network.

    Args:
        bundle: the run, whose own settings hold where nothing is given.
        given: `n_best`, `beam_width`, `length_penalty`, `coverage_penalty`, `no_repeat_ngram`.

    Raises:
        UserError: more translations are wanted than hypotheses are kept.
    """
    decoding = _asked(bundle, given, ("n_best", *OF_BEAMS, *OF_BOTH))
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
        given: `n_best`, `no_repeat_ngram`, `temperature`, `top_k`, `top_p`, `seed`.
    """
    decoding = _asked(bundle, given, ("n_best", *OF_BOTH))
    numbers = {"temperature": given.get("temperature", 1.0)}
    if "top_p" in given:
        numbers["top_p"] = given["top_p"]
    return _Draws(
        Sampler(bundle.model, decoding, top_k=given.get("top_k")),
        draws=decoding.n_best,
        seed=given.get("seed", bundle.config.seed),
        numbers=numbers,
    )


def _asked(bundle: Bundle, given: Mapping[str, Any], names: Sequence[str]) -> Any:
    """Returns a run's settings of the search, with those that are given in their place."""
    return replace(bundle.config.decoding, **{name: given[name] for name in names if name in given})


class _Draws:
    """Draws translations by chance; the same for a seed, however sentences are batched.

    Args:
        sampler: over the run's network.
        draws: translations of each sentence.
        seed: of the draws.
        numbers: `temperature`, and `top_p` where it is asked for.
    """

    def __init__(self, sampler: Sampler, *, draws: int, seed: int, numbers: Mapping[str, float]):
        self._sampler, self._draws, self._seed, self._numbers = sampler, draws, seed, numbers
        self._done = 0

    def __call__(self, source_ids: np.ndarray) -> dict[str, np.ndarray]:
        rows, length = source_ids.shape
        steps = most_tokens(length, self._sampler.config)
        noise = [
            np.random.default_rng((self._seed, self._done + row, draw)).random(steps, np.float32)
            for row in range(rows)
            for draw in range(self._draws)
        ]
        self._done += rows
        numbers = {
            name: np.full((len(noise), 1), number, np.float32)
            for name, number in self._numbers.items()
        }
        found = self._sampler.predict_on_batch(
            {
                "source_ids": np.repeat(source_ids, self._draws, axis=0),
                "noise": np.stack(noise),
                **numbers,
            }
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
