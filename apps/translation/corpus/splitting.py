"""Validation and test parts from training pairs, with no source sentence in two splits.

One sentence often has several translations, and a corpus may hold parts of another's test set;
a model that has seen the sentence is no judge of new ones. Sentences are compared by
`sentence_key`, so "Go on!" and "go on!" are one.
"""

import heapq
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from apps.translation.corpus.pair import Pair, sentence_key
from shared.errors import DataError


def source_keys(pairs: Iterable[Pair]) -> set[str]:
    """Returns the distinct source sentences."""
    return {sentence_key(pair.source) for pair in pairs}


def held_out_keys(
    pairs: Sequence[Pair], *, validation: int, test: int, seed: int
) -> tuple[set[str], set[str]]:
    """Chooses source sentences for validation and test.

    The choice is by a seeded hash of the sentence, so that it depends neither on the order of
    the pairs nor on how often a sentence is there.

    Args:
        pairs: of the training part.
        validation: sentences wanted; at most a tenth of all are taken, but one at least.
        test: likewise; 0 takes none.
        seed: of the choice.

    Returns:
        the keys of both parts.

    Raises:
        DataError: there are too few different sentences.
    """
    keys = source_keys(pairs)
    wanted = [min(size, max(1, len(keys) // 10)) for size in (validation, test)]
    if sum(wanted) >= len(keys):
        raise DataError(
            f"Expected at least {sum(wanted) + 1} different source sentences, so that "
            f"{sum(wanted)} can be kept for validation and test, received {len(keys)}; give more "
            "pairs, or a validation part."
        )
    secret = seed.to_bytes(8, "little", signed=True)

    def rank(key: str) -> bytes:
        return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=12, key=secret).digest()

    first = heapq.nsmallest(sum(wanted), keys, key=rank)
    return set(first[: wanted[0]]), set(first[wanted[0] :])
