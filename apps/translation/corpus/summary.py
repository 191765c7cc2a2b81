"""What is said at the start of a training: which pairs were left out, and what each split holds.

`apps.translation.training` prints it.
"""

from apps.translation.corpus.cleaning import told_counts
from shared.app import Splits

NAMED = 3
_SPLITS = ("train", "validation", "test")


def told(splits: Splits) -> list[str]:
    """Returns lines about the pairs of a run.

    Args:
        splits: as they are trained on, with the info of `load_pairs`.
    """
    lines = [told_counts(splits.info["cleaning"]), _sizes(splits)]
    parts = splits.info["parts"]
    if len({part["name"] for part in parts}) > 1:
        names = {
            split: [part["name"] for part in parts if part["split"] == split] for split in _SPLITS
        }
        lines.append("; ".join(_files(split, names) for split in _SPLITS if names[split]) + ".")
    return lines


def _sizes(splits: Splits) -> str:
    train = len(splits.train)
    return (
        f"{train:,} {'pair' if train == 1 else 'pairs'} to train, "
        f"{len(splits.validation):,} to validate, {len(splits.test):,} to test."
    )


def _files(split: str, names: dict[str, list[str]]) -> str:
    mine = names[split]
    more = f" and {len(mine) - NAMED:,} more" if len(mine) > NAMED else ""
    # What is cut from a training file keeps its name.
    cut = split != "train" and set(mine) <= set(names["train"])
    return f"{split}: {'held back from ' if cut else ''}{', '.join(mine[:NAMED])}{more}"
