"""The whole audit of word vectors: measured, de-biased, and measured again.

The verb `audit` calls it, and writes what it returns as a report (`report`) and as JSON.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any, TypeVar

from apps.word_analogies.audit.analogies import SeedAnalogy, seed_analogies
from apps.word_analogies.audit.debias import debias
from apps.word_analogies.audit.direction import Direction, direct_bias, find_direction
from apps.word_analogies.audit.lists import FREQUENT, WordLists, load_lists
from apps.word_analogies.audit.professions import Profession, correlation, look_at_professions
from apps.word_analogies.audit.residual import Residual, measure_residual
from apps.word_analogies.audit.specific import expand_specific
from apps.word_analogies.audit.stereotypes import StereotypeJudge
from apps.word_analogies.audit.weat import WeatResult, weat
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError, UserError

_Found = TypeVar("_Found")


@dataclass(frozen=True)
class BeforeAfter:
    """One number before and after de-biasing; None where it is not defined."""

    before: float | None
    after: float | None


@dataclass(frozen=True)
class JudgedAnalogy:
    """A she-he analogy and its kind, see `StereotypeJudge`."""

    first: str
    second: str
    score: float
    kind: str


@dataclass(frozen=True)
class Audit:
    """Everything an audit found.

    Args:
        language: of the word lists.
        words, size: V and D of the vectors.
        seed: the pair of the analogies.
        explained: shares of variance along the gender pairs; see `Direction`.
        pairs: gender pairs known.
        kept: how many words keep their gender.
        direct_bias: of the professions, with c = 1.
        shares: percent of the analogies by kind.
        margin: the lean from which a neutral word counts, see `StereotypeJudge`.
        analogies_before, analogies_after: the best she-he analogies.
        weat_before, weat_after: the tests that could be done.
        professions: the data of the scatter plots.
        neighbour_correlation: of lean and neighbours, see `professions.correlation`.
        residual: None if the vocabulary is too small.
        cost: scores on the test sets by name.
        left_out: what could not be measured, and why.
        unknown, repeated: words of the lists without a vector, or given twice, by list.
        debiased: the vectors afterwards.
    """

    language: str
    words: int
    size: int
    seed: tuple[str, str]
    explained: tuple[float, ...]
    pairs: int
    kept: int
    direct_bias: BeforeAfter
    shares: Mapping[str, BeforeAfter]
    margin: float
    analogies_before: tuple[JudgedAnalogy, ...]
    analogies_after: tuple[JudgedAnalogy, ...]
    weat_before: tuple[WeatResult, ...]
    weat_after: tuple[WeatResult, ...]
    professions: tuple[Profession, ...]
    neighbour_correlation: BeforeAfter
    residual: Residual | None
    cost: Mapping[str, BeforeAfter]
    left_out: tuple[str, ...]
    unknown: Mapping[str, tuple[str, ...]]
    repeated: Mapping[str, tuple[str, ...]]
    debiased: WordVectors = field(repr=False, compare=False)

    def to_dict(self) -> dict[str, Any]:
        """Returns all of it but the vectors, for JSON."""
        values = {name: value for name, value in vars(self).items() if name != "debiased"}
        return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return asdict(value) if hasattr(value, "__dataclass_fields__") else value


def audit(
    vectors: WordVectors,
    *,
    language: str = "en",
    lists: WordLists | None = None,
    test_sets: Sequence[Any] = (),
    limit: int = FREQUENT,
    seed: int = 0,
    progress: Callable[[str], None] = lambda step: None,
) -> Audit:
    """Audits vectors, de-biases them, and audits them again.

    Args:
        vectors: the words, the most frequent first; they are not changed.
        language: of our own word lists; only a name when `lists` are given.
        lists: word lists in their place, see `load_lists`.
        test_sets: analogy and similarity sets, to see what de-biasing costs.
        limit: how many of the most frequent words analogies and neighbours are sought among.
        seed: of sampled permutations and of the clustering.
        progress: is told each step as it begins.

    Raises:
        DataError: no gender pair, no profession, or no word of the seed is known.
        UserError: the limit is no number of words.
    """
    if limit < 1:
        raise UserError(f"Expected a limit of one word or more, received {limit}.")
    lists = load_lists(language) if lists is None else lists
    progress("gender direction and de-biasing")
    direction = find_direction(vectors, lists.gender_pairs)
    names, neutral = lists.names, lists.neutral
    keep = expand_specific(vectors, lists.specific, names=names, neutral=neutral, limit=limit)
    after = debias(vectors, direction, keep=keep, equalise=(lists.seed, *lists.equalise_pairs))
    both = (vectors, after)
    bias = BeforeAfter(*(direct_bias(one, direction, neutral) for one in both))
    left_out: list[str] = []
    progress("association tests")
    tests = [_tests(one, lists, seed=seed, left_out=left_out) for one in both]
    progress(f"{' : '.join(lists.seed)} analogies")
    analogies = _analogies(both, direction, lists, limit=limit)
    progress("professions and residual bias")
    # The test is of words that were neutralised; what was kept would be found again easily.
    options: dict[str, Any] = {"without": keep | lists.gendered, "limit": limit}
    professions = look_at_professions(vectors, after, direction, neutral, **options)
    measure = partial(measure_residual, vectors, after, direction, seed=seed, **options)
    residual = _possible(measure, left_out)
    progress("test sets")
    cost = [_scores(one, test_sets, left_out) for one in both]
    return Audit(
        language=language,
        words=len(vectors),
        size=vectors.size,
        seed=lists.seed,
        explained=direction.explained,
        pairs=direction.pairs,
        kept=len(keep),
        **analogies,
        direct_bias=bias,
        weat_before=tests[0],
        weat_after=tests[1],
        professions=professions,
        neighbour_correlation=BeforeAfter(
            *(correlation(professions, after=done) for done in (False, True))
        ),
        residual=residual,
        cost={name: BeforeAfter(cost[0][name], cost[1].get(name)) for name in cost[0]},
        left_out=tuple(dict.fromkeys(left_out)),
        unknown=lists.unknown(vectors),
        repeated=lists.repeated,
        debiased=after,
    )


def _analogies(
    both: Sequence[WordVectors], direction: Direction, lists: WordLists, *, limit: int
) -> dict[str, Any]:
    """Finds and judges the analogies before and after; the rule is fixed on the vectors before."""
    judge = StereotypeJudge.fit(both[0], direction, gendered=lists.gendered, limit=limit)
    before, after = (seed_analogies(one, lists.seed, limit=limit) for one in both)
    shares = zip(judge.shares(before).items(), judge.shares(after).values(), strict=True)
    return {
        "shares": {kind: BeforeAfter(share, then) for (kind, share), then in shares},
        "margin": judge.margin,
        "analogies_before": _judged(judge, before),
        "analogies_after": _judged(judge, after),
    }


def _possible(measure: Callable[[], _Found], left_out: list[str]) -> _Found | None:
    """Measures, or notes why that could not be done: the rest of an audit is worth having."""
    try:
        return measure()
    except DataError as error:
        left_out.append(str(error))
        return None


def _tests(
    vectors: WordVectors, lists: WordLists, *, seed: int, left_out: list[str]
) -> tuple[WeatResult, ...]:
    found = [_possible(partial(weat, vectors, test, seed=seed), left_out) for test in lists.weat]
    return tuple(result for result in found if result is not None)


def _judged(judge: StereotypeJudge, analogies: Sequence[SeedAnalogy]) -> tuple[JudgedAnalogy, ...]:
    return tuple(
        JudgedAnalogy(one.first, one.second, one.score, judge.kind(one)) for one in analogies
    )


def _scores(
    vectors: WordVectors, test_sets: Sequence[Any], left_out: list[str]
) -> dict[str, float]:
    if not test_sets:
        return {}
    from apps.word_analogies.evaluation.scores import score_all

    return _possible(partial(score_all, vectors, test_sets), left_out) or {}
