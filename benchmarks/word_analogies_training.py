"""Words a second of the two trainers of word_analogies, at equal settings and in one run.

    python -m benchmarks.word_analogies_training --data SOURCE

Each training is a process of its own, held to one core or two, so that neither rival's helper
threads count as more; they take turns. The first epoch, in which programs are compiled, is not
counted. Accuracy and peak memory stand beside the speed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from apps.word_analogies.preprocessing import WordList
from benchmarks.measure import write_result

TRAINERS = ("keras", "gensim")


def main() -> None:
    """Reads the command line and measures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="text to train on")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=2, help="epochs a run; the first is left out")
    parser.add_argument("--cores", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    for cores in options.cores:
        rows = [
            {
                trainer: _trained(options.data, trainer, cores, options.epochs)
                for trainer in TRAINERS
            }
            for _ in range(options.rounds)
        ]
        ratios = sorted(
            row["keras"]["words_per_second"] / row["gensim"]["words_per_second"] for row in rows
        )
        result = {
            f"{trainer}_{name}": statistics.median(row[trainer][name] for row in rows)
            for trainer in TRAINERS
            for name in rows[0][trainer]
        }
        write_result(
            "word_analogies_training",
            {
                "what": f"training words/s, preset equal, {cores} core(s), one worker a core",
                "rounds": options.rounds,
                "epochs": options.epochs,
                **result,
                "ratio": round(statistics.median(ratios), 3),
                "ratio_low": round(ratios[0], 3),
                "ratio_high": round(ratios[-1], 3),
            },
        )


def _trained(data: str, trainer: str, cores: int, epochs: int) -> dict[str, float]:
    """Trains in a process of its own, and returns speed, accuracy and memory."""
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder, "run")
        command = [
            *(sys.executable, "-m", "shared", "word-analogies", "train"),
            *("--preset", "equal", "--data", data, "--out", str(run)),
            *("--training.epochs", str(epochs), "--vectors.trainer", trainer),
            *("--vectors.workers", str(cores)),
        ]
        allowed = os.sched_getaffinity(0)
        os.sched_setaffinity(0, sorted(allowed)[:cores])  # which the process inherits
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        os.sched_setaffinity(0, allowed)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"The training ended with status {status}: {' '.join(command)}")
        epochs_done = [
            json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()
        ]
        scores = json.loads((run / "manifest.json").read_text())["scores"]
        # All words of the text count, as gensim counts them, whether in the vocabulary or not.
        words = WordList.load(run / "assets").total_words
        speeds = [words / row["seconds"] for row in epochs_done[1:]]
        return {
            "words_per_second": round(statistics.median(speeds)),
            "accuracy_percent": scores.get("questions-words/accuracy_percent", 0.0),
            "peak_memory_mib": round(usage.ru_maxrss / 1024, 1),
        }


if __name__ == "__main__":
    main()
