"""Error per task of memory_qa runs on the validation part of bAbI, side by side.

    python -m benchmarks.memory_qa_babi RUN [RUN ...] --data SOURCE

Prints a Markdown table with one column a run, and appends one row a run to the result file, with
the time it trained and the questions a second it trained at.
"""

import argparse
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.measure import peak_memory_mib, write_result
from shared.bundle import load

# Its training file in the 10k folder is not the large one (925 questions), so it is told apart.
SHORT_TASK = "qa3"


def main() -> None:
    """Scores all runs and prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--data", required=True)
    arguments = parser.parse_args()
    rows = [measured(path, arguments.data) for path in arguments.runs]
    for row in rows:
        write_result("memory_qa_babi", row)
    print(table(rows))


def measured(path: Path, data: str) -> dict[str, Any]:
    """Returns error in percent per task and the cost of training of one run."""
    bundle = load(path)
    splits = bundle.app.load_data(replace(bundle.config, data=data))
    scores = bundle.evaluate(splits["validation"])
    errors = {
        name.removeprefix("error_percent/"): round(value, 2)
        for name, value in scores.items()
        if name.startswith("error_percent/")
    }
    others = [error for task, error in errors.items() if task != SHORT_TASK]
    lines = (path / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    epochs = [json.loads(line) for line in lines]
    seconds = sum(epoch["seconds"] for epoch in epochs)
    items = sum(epoch["seconds"] * epoch["items_per_second"] for epoch in epochs)
    return {
        "run": path.name,
        "seed": bundle.config.seed,
        "ablation": bundle.config.stories.ablation,
        "mean_error_percent": round(scores["mean_error_percent"], 2),
        "failed_tasks": int(scores["failed_tasks"]),
        f"mean_without_{SHORT_TASK}": round(sum(others) / len(others), 2),
        "epochs": len(epochs),
        "training_minutes": round(seconds / 60, 1),
        "training_questions_per_second": round(items / seconds),
        "peak_memory_mib": peak_memory_mib(),
        "error_percent": errors,
    }


def table(rows: list[dict[str, Any]]) -> str:
    """Returns a Markdown table: tasks down, runs across."""

    def number(task: str) -> int:
        return int(re.sub(r"\D", "", task) or 0)

    tasks = sorted(rows[0]["error_percent"], key=number)
    lines = [
        ["task", *(row["run"] for row in rows)],
        ["---", *("---:" for _ in rows)],
        *([task, *(f"{row['error_percent'][task]:.1f}" for row in rows)] for task in tasks),
        ["mean", *(f"{row['mean_error_percent']:.2f}" for row in rows)],
        [
            f"mean without {SHORT_TASK}",
            *(f"{row[f'mean_without_{SHORT_TASK}']:.2f}" for row in rows),
        ],
        ["failed tasks (over 5 %)", *(str(row["failed_tasks"]) for row in rows)],
    ]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


if __name__ == "__main__":
    main()
