"""Keeps what runs of word_analogies reached: their scores, time, and the bias audit of one.

python -m benchmarks.word_analogies_scores RUN [RUN ...] [--audit]
"""

import argparse
import json
from datetime import datetime
from pathlib import Path
from typing import Any

from apps.word_analogies.audit.audit import audit
from apps.word_analogies.data import standard_sets
from apps.word_analogies.vectors import vectors_of_bundle
from benchmarks.measure import write_result
from shared.bundle import load


def main() -> None:
    """Writes a row for each run, and one for its audit if that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--audit", action="store_true", help="also audit each run")
    arguments = parser.parse_args()
    for run in arguments.runs:
        bundle = load(run)
        lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
        epochs = [json.loads(line) for line in lines]
        write_result(
            "word_analogies_scores",
            {
                "run": run.name,
                "settings": _settings(bundle.config),
                "words": len(bundle.preprocessing),
                "epoch_seconds": round(sum(row["seconds"] for row in epochs)),
                "minutes_in_all": round(_minutes(bundle.manifest), 1),
                **{name: round(value, 2) for name, value in bundle.manifest["scores"].items()},
            },
        )
        if arguments.audit:
            write_result("word_analogies_audit", {"run": run.name, **audited(bundle)})


def audited(bundle: Any) -> dict[str, Any]:
    """Returns the numbers of an audit, each before and after de-biasing."""
    found = audit(vectors_of_bundle(bundle), test_sets=standard_sets()).to_dict()
    pairs = {
        "direct_bias": found["direct_bias"],
        "neighbour_correlation": found["neighbour_correlation"],
        **{f"analogies/{kind}_percent": share for kind, share in found["shares"].items()},
        **{name: cost for name, cost in found["cost"].items() if "/section/" not in name},
    }
    flat = {
        f"{name} {when}": None if pair[when] is None else round(pair[when], 4)
        for name, pair in pairs.items()
        for when in ("before", "after")
    }
    counts = {f"analogies {when}": len(found[f"analogies_{when}"]) for when in ("before", "after")}
    return {**counts, **flat, "residual": found["residual"], "left_out": found["left_out"]}


def _minutes(manifest: Any) -> float:
    """Returns how long the last stretch of a run took, counting and scoring included."""
    last = manifest["history"][-1]
    begin, end = (datetime.fromisoformat(last[name]) for name in ("started", "finished"))
    return (end - begin).total_seconds() / 60


def _settings(config: Any) -> str:
    """Returns what decides the vectors, in one line."""
    vectors, training = config.vectors, config.training
    return (
        f"{vectors.trainer} {vectors.method}, D {vectors.size}, window {vectors.window}, negatives "
        f"{vectors.negatives}, sample {vectors.sample:g}, {training.epochs} epochs, rate "
        f"{training.learning_rate:g}, min count {config.text.min_count}, seed {config.seed}"
    )


if __name__ == "__main__":
    main()
