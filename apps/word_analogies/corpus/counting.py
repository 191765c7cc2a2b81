"""The vocabulary of a corpus: how often each word comes, counted in one pass.

Trainers, the Keras one and gensim's, start from this table, and so does the encoded corpus.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from shared.errors import ConfigError, DataError

BATCH = 2_000
TABLE_LIMIT = 10_000_000


@dataclass(frozen=True)
class WordCounts:
    """V words and how often each was seen.

    Args:
        words: the most frequent first, equally frequent ones in the order of their code points.
        counts: int64 (V,).
        total_words: words of the corpus, those that were not kept included.
        sentences: of the corpus.
        distinct_words: different words that were seen, or more where the table was pruned.
        pruned: words seen at most so often may have been forgotten on the way, and counts may be
            too low by as much; 0 where nothing was.
    """

    words: tuple[str, ...] = field(repr=False)
    counts: np.ndarray = field(repr=False)
    total_words: int
    sentences: int
    distinct_words: int
    pruned: int = 0

    def __len__(self) -> int:
        return len(self.words)

    @property
    def kept_words(self) -> int:
        """Words of the corpus that are in the vocabulary, each as often as it comes."""
        return int(self.counts.sum())


def count_words(
    sentences: Iterable[list[str]],
    *,
    min_count: int = 5,
    max_words: int | None = None,
    progress: Callable[[int], None] | None = None,
    table_limit: int = TABLE_LIMIT,
) -> WordCounts:
    """Counts the words of a corpus and keeps the frequent ones.

    A text without end has words without end. When the table passes its limit, the words seen once
    are forgotten, the next time those seen at most twice, and so on, as word2vec.c does.

    Args:
        sentences: each a list of words.
        min_count: words seen less often are left out; 1 or more.
        max_words: at most so many are kept, the most frequent; None for all.
        progress: told the number of words read so far, now and then.
        table_limit: different words that are counted at a time.

    Raises:
        ConfigError: a limit is below 1.
        DataError: fewer than two words remain.

    Example:
    >>> counts = count_words([["sea", "and", "sky"], ["sky", "and", "sky"]], min_count=2)
    >>> counts.words, counts.counts.tolist(), counts.total_words
    (('sky', 'and'), [3, 2], 6)
    """
    if min_count < 1 or table_limit < 1 or (max_words is not None and max_words < 1):
        raise ConfigError(
            "Expected min_count, max_words and table_limit of 1 or more, received "
            f"{min_count}, {max_words} and {table_limit}."
        )
    counter: Counter[str] = Counter()
    total = read = distinct = pruned = 0
    rows = iter(sentences)
    while batch := list(itertools.islice(rows, BATCH)):
        before = len(counter)
        # Counting a long iterable is done in C.
        counter.update(itertools.chain.from_iterable(batch))
        distinct += len(counter) - before
        read += len(batch)
        total += sum(map(len, batch))
        if len(counter) > table_limit:
            pruned += 1
            counter = Counter({word: n for word, n in counter.items() if n > pruned})
        if progress:
            progress(total)
    kept = [(word, count) for word, count in counter.items() if count >= min_count]
    kept = sorted(kept, key=lambda pair: (-pair[1], pair[0]))[:max_words]
    if len(kept) < 2:
        raise _too_few(len(kept), total=total, distinct=distinct, min_count=min_count)
    return WordCounts(
        words=tuple(word for word, _ in kept),
        counts=np.array([count for _, count in kept], np.int64),
        total_words=total,
        sentences=read,
        distinct_words=distinct,
        pruned=pruned,
    )


def _too_few(kept: int, *, total: int, distinct: int, min_count: int) -> DataError:
    if not total:
        return DataError("Expected text with words, received none; give another source.")
    return DataError(
        f"Expected a vocabulary of two words or more, received {kept}: the text has {total} words, "
        f"{distinct} different ones, of which {kept} come at least {min_count} times; give more "
        "text, or lower min_count or raise max_words."
    )
