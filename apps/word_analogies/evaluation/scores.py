"""All scores of word vectors on all test sets, as flat names for printing and comparing.

`evaluate` prints them, a bundle keeps them, and the audit compares them before and after.
"""

from collections.abc import Sequence

from apps.word_analogies.evaluation.analogies import AnalogyScores, score_analogies
from apps.word_analogies.evaluation.similarity import score_pairs
from apps.word_analogies.testsets import AnalogySet, TestSet
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError

# What word2vec's and gensim's own evaluations limit the vocabulary to.
LIMITS = (300_000, 30_000)


def score_all(vectors: WordVectors, test_sets: Sequence[TestSet]) -> dict[str, float]:
    """Scores vectors on test sets.

    Args:
        vectors: the words, most frequent first.
        test_sets: analogies and pairs.

    Returns:
        For analogies `SET/accuracy_percent` (no limit), `SET/accuracy_percent_300000` and
        `SET/accuracy_percent_30000` (so many words known; a vocabulary that is smaller scores
        the same), `SET/accuracy_percent_3cosmul`, `SET/coverage_percent`, `SET/questions`, and
        `SET/section/NAME` in percent. For pairs `SET/spearman` (-1 to 1), `SET/coverage_percent`,
        `SET/pairs` and `SET/missing_words`. A set of which nothing is known has a coverage of 0
        and no further score.

    Raises:
        DataError: of no set anything can be scored.
    """
    scores: dict[str, float] = {}
    refused: list[str] = []
    for name, test_set in zip(_names(test_sets), test_sets, strict=True):
        try:
            if isinstance(test_set, AnalogySet):
                found = _analogies(vectors, test_set)
            else:
                pairs = score_pairs(vectors, test_set)
                found = {
                    "spearman": pairs.spearman,
                    "coverage_percent": pairs.coverage_percent,
                    "pairs": float(pairs.asked),
                    "missing_words": float(len(pairs.missing)),
                }
        except DataError as error:
            refused.append(str(error))
            found = {"coverage_percent": 0.0}
        scores |= {f"{name}/{key}": value for key, value in found.items()}
    if len(refused) == len(test_sets):
        raise DataError(" ".join(refused) or "Expected a test set, received none; give one.")
    return scores


def _analogies(vectors: WordVectors, test_set: AnalogySet) -> dict[str, float]:
    total = score_analogies(vectors, test_set)
    found = {"accuracy_percent": total.accuracy_percent}
    for limit in LIMITS:
        limited = _limited(vectors, test_set, limit=limit, total=total)
        if limited is not None:
            found[f"accuracy_percent_{limit}"] = limited.accuracy_percent
    product = score_analogies(vectors, test_set, method="3CosMul")
    found["accuracy_percent_3cosmul"] = product.accuracy_percent
    found["coverage_percent"] = total.coverage_percent
    found["questions"] = float(total.asked)
    for section, tally in total.sections.items():
        if tally.answerable:
            found[f"section/{'-'.join(section.split())}"] = tally.accuracy_percent
    return found


def _limited(
    vectors: WordVectors, test_set: AnalogySet, *, limit: int, total: AnalogyScores
) -> AnalogyScores | None:
    if limit >= len(vectors):
        return total
    try:
        return score_analogies(vectors, test_set, limit=limit)
    except DataError:
        # Nothing is known among the frequent words alone; a score would not be finite.
        return None


def _names(test_sets: Sequence[TestSet]) -> list[str]:
    """Returns the name of each set, told apart by a number where two have the same.

    Example:
    >>> from apps.word_analogies.testsets import PairSet
    >>> _names([PairSet("a", []), PairSet("a", []), PairSet("b", [])])
    ['a', 'a-2', 'b']
    """
    names: list[str] = []
    for test_set in test_sets:
        name, number = test_set.name, 2
        while name in names:
            name, number = f"{test_set.name}-{number}", number + 1
        names.append(name)
    return names
