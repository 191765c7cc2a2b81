"""A few training pictures of each class, to see how many are needed."""

from collections.abc import Sequence
from hashlib import blake2b

from apps.image_classification.example import Example


def draw_shots(train: Sequence[Example], per_class: int, *, seed: int) -> list[Example]:
    """Chooses pictures by a seeded hash of their content.

    More shots of one seed hold the fewer ones, so that a curve over their number compares like
    with like.

    Args:
        train: training examples.
        per_class: how many of each class, from 1; a class with fewer gives all.
        seed: of the choice.

    Returns:
        the chosen ones in the order of `train`.
    """
    secret = seed.to_bytes(8, "little", signed=True)
    ranks: dict[str, list[tuple[bytes, int]]] = {}
    for place, example in enumerate(train):
        rank = blake2b(bytes.fromhex(example.sha256), digest_size=16, key=secret).digest()
        ranks.setdefault(example.label, []).append((rank, place))
    chosen = {place for ranked in ranks.values() for _, place in sorted(ranked)[:per_class]}
    return [example for place, example in enumerate(train) if place in chosen]
