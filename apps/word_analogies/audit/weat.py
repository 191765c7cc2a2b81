"""The word embedding association test: are two sets of words tied to two others?"""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from apps.word_analogies.audit.list_files import WeatWords
from apps.word_analogies.audit.lists import known_rows
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError

# 10 + 10 words have 184,756 partitions; more are sampled.
MOST_EXACT = 200_000
SAMPLES = 100_000
# Partitions looked at together: keeps the arrays small.
BLOCK = 10_000
# Partitions as extreme as the one given are counted, also when a sum was rounded differently.
ROUNDING = 1e-9


@dataclass(frozen=True)
class WeatResult:
    """The outcome of one test.

    Args:
        name: of the test.
        set_names: of X, Y, A and B.
        effect_size: d, from -2 to 2; positive: X is nearer to A, and Y to B.
        p_value: share of the partitions of X and Y that are at least as extreme, one-sided.
        exact: whether all partitions were counted, or some drawn.
        sizes: known words of X, Y, A and B.
        unknown: the words without a vector, which were left out.
    """

    name: str
    set_names: tuple[str, str, str, str]
    effect_size: float
    p_value: float
    exact: bool
    sizes: tuple[int, int, int, int]
    unknown: tuple[str, ...]


def weat(vectors: WordVectors, test: WeatWords, *, seed: int = 0) -> WeatResult:
    """Measures one association.

        s(w) = mean over a in A of cos(w, a)  -  mean over b in B of cos(w, b)
        d = (mean over X of s  -  mean over Y of s) / standard deviation of s over X and Y

    The p-value is the share of the ways to cut X and Y together into two sets of these sizes whose
    difference of means is at least the one found; among the ways is the given one, so it is
    never 0. The standard deviation is that of a sample (n - 1).

    Source: Caliskan, Bryson and Narayanan 2017, arXiv:1608.07187, who leave out words of the
    larger set when some are unknown; here the sets may differ in size.

    Args:
        vectors: the words.
        test: the four sets.
        seed: of the partitions drawn when there are more than 200,000.

    Raises:
        DataError: fewer than two known words in a set, or no difference at all to measure.
    """
    found = [known_rows(vectors, words) for words in test.sets]
    for name, words, (known, missing) in zip(test.set_names, test.sets, found, strict=True):
        if len(known) < 2:
            raise DataError(
                f"Expected two known words or more in the set {name!r} of the test {test.name!r}, "
                f"received {len(known)} of {len(words)} (unknown: {', '.join(missing[:5])}); "
                "give vectors of a larger vocabulary or other words."
            )
    x, y, a, b = (vectors.unit[known].astype(np.float64) for known, _ in found)
    association = np.concatenate([x, y]) @ (a.mean(axis=0) - b.mean(axis=0))
    spread = association.std(ddof=1)
    if spread < ROUNDING:
        raise DataError(
            f"Expected words that differ in the test {test.name!r}, received vectors that are "
            "all associated alike."
        )
    difference = association[: len(x)].mean() - association[len(x) :].mean()
    p_value, exact = _p_value(association, len(x), seed=seed)
    return WeatResult(
        test.name,
        test.set_names,
        float(difference / spread),
        p_value,
        exact,
        (len(x), len(y), len(a), len(b)),
        tuple(word for _, missing in found for word in missing),
    )


def _p_value(association: np.ndarray, x_size: int, *, seed: int) -> tuple[float, bool]:
    """Returns the share of partitions with a sum over X at least as large, and whether all.

    The total of X and Y is fixed, so the sum over X orders partitions as their difference does.
    """
    observed = association[:x_size].sum() - ROUNDING
    ways = math.comb(len(association), x_size)
    if ways <= MOST_EXACT:
        chosen = itertools.combinations(range(len(association)), x_size)
        rows = np.fromiter(itertools.chain.from_iterable(chosen), np.intp, ways * x_size)
        sums = association[rows.reshape(ways, x_size)].sum(axis=1)
        return float((sums >= observed).mean()), True
    generator = np.random.default_rng(seed)
    reached = 0
    for _ in range(SAMPLES // BLOCK):
        order = generator.random((BLOCK, len(association))).argpartition(x_size - 1, axis=1)
        reached += int((association[order[:, :x_size]].sum(axis=1) >= observed).sum())
    # The given partition counts as one of the draws.
    return (reached + 1) / (SAMPLES + 1), False
