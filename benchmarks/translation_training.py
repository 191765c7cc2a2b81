"""How fast translation trains, against plain Keras on the same pairs.

    python -m benchmarks.translation_training RUN --data SOURCE

Ours are batches of like lengths, cut by the number of tokens; the rival pads all pairs to the
longest and cuts by the number of sentences, as many as ours have on average. Network, loss and
`model.fit` are the same. Tokens are those of the targets, without padding.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from apps.translation.batches import PairBatches
from benchmarks.measure import paired, peak_memory_mib, write_result
from shared.bundle import Bundle, load
from shared.losses.smoothed_cross_entropy import SmoothedCrossEntropy
from shared.training import build_optimizer
from shared.training.feed import Feed

PAIRS = 4_000


def main() -> None:
    """Reads the command line and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("--data", required=True)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    bundle = load(options.run)
    splits = bundle.app.load_data(replace(bundle.config, data=options.data))
    chosen = np.random.default_rng(0).permutation(len(splits.train))[: options.pairs]
    pairs = [splits.train[place] for place in chosen]
    row = training(bundle, pairs, rounds=options.rounds)
    write_result("translation_training", {"what": "training target tokens/s", **row})


def training(bundle: Bundle, pairs: list[Any], *, rounds: int) -> dict[str, Any]:
    """Compares tokens a second of one pass over the pairs."""
    config = bundle.config
    sides = bundle.preprocessing.encode_pairs(pairs)

    def batches(tokens: int) -> PairBatches:
        return PairBatches(
            *sides,
            batch_tokens=tokens,
            max_tokens=config.decoding.max_tokens,
            seed=0,
            shuffle=False,
        )

    bucketed, whole = batches(config.batch_tokens), batches(1 << 30)
    feed = Feed(bucketed)
    inputs, labels, weights = whole[0]
    sentences = -(-len(pairs) // len(bucketed))
    model = bundle.app.build_model(config, bundle.preprocessing)
    model.compile(
        optimizer=build_optimizer(config.training, total_steps=1000),
        loss=SmoothedCrossEntropy(smoothing=config.label_smoothing),
    )

    def ours() -> None:
        model.fit(
            feed.between(0, len(bucketed)),
            epochs=1,
            steps_per_epoch=len(bucketed),
            shuffle=False,
            verbose=0,
        )

    def rival() -> None:
        model.fit(inputs, labels, sample_weight=weights, batch_size=sentences, epochs=1, verbose=0)

    tokens = sum(bucketed.items(index) for index in range(len(bucketed)))
    return {
        "rival": f"batches of {sentences} padded to {labels.shape[1]}",
        "tokens": tokens,
        **paired(ours, rival, rounds=rounds, warm_up=1).row(items=tokens),
        "peak_memory_mib": peak_memory_mib(),
    }


if __name__ == "__main__":
    main()
