"""What every benchmark shares: timing two things in turn, and writing the result down.

A machine's speed drifts, so two rivals are timed alternately and compared pair by pair; the
first rounds, in which graphs are traced and caches filled, are not counted.
"""

import json
import os
import platform
import resource
import shlex
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Paired:
    """Seconds of two rivals over counted rounds, in the order they ran."""

    ours: tuple[float, ...]
    rival: tuple[float, ...]

    def row(self, *, items: int) -> dict[str, float]:
        """Returns items a second of both (medians) and the ratio with its spread."""
        ratios = sorted(b / a for a, b in zip(self.ours, self.rival, strict=True))
        return {
            "ours_per_second": round(items / statistics.median(self.ours), 1),
            "rival_per_second": round(items / statistics.median(self.rival), 1),
            "ratio": round(statistics.median(ratios), 3),
            "ratio_low": round(ratios[0], 3),
            "ratio_high": round(ratios[-1], 3),
        }


def paired(
    ours: Callable[[], object],
    rival: Callable[[], object],
    *,
    rounds: int = 9,
    warm_up: int = 2,
) -> Paired:
    """Times two callables alternately; the order within a round alternates too."""
    seconds: dict[int, list[float]] = {0: [], 1: []}
    for round_number in range(warm_up + rounds):
        order = (0, 1) if round_number % 2 else (1, 0)
        for which in order:
            started = time.perf_counter()
            (ours, rival)[which]()
            if round_number >= warm_up:
                seconds[which].append(time.perf_counter() - started)
    return Paired(tuple(seconds[0]), tuple(seconds[1]))


def peak_memory_mib() -> float:
    """Returns the largest resident memory this process has had, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10), 1)


def own_peak_mib() -> float:
    """Returns the peak memory of this process alone.

    What Linux reports as the largest resident memory begins with that of the parent process.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return peak_memory_mib()
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
    return round(int(lines["VmHWM"].split()[0]) / 1024, 1)


def write_result(name: str, row: Mapping[str, Any]) -> None:
    """Appends a row to `results/NAME.jsonl`, with machine, versions and command, and prints it."""
    packages = ("brickyard", "keras", "tensorflow", "numpy")
    record = {
        "date": datetime.now(UTC).date().isoformat(),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        "machine": f"{platform.machine()}, {_cores()} cores",
        "versions": {package: version(package) for package in packages},
        **row,
    }
    RESULTS.mkdir(exist_ok=True)
    with open(RESULTS / f"{name}.jsonl", "a", encoding="utf-8") as file:
        file.write(json.dumps(record) + "\n")
    for key, value in row.items():
        print(f"{key:<28} {value}")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
