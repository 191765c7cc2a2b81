"""The examples a run may be scored on: those it has not been trained on.

`evaluate` and the commands of an app that score runs take their examples from here, so all of them
refuse the same data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from shared.errors import DataError

if TYPE_CHECKING:
    from shared.app import Splits
    from shared.bundle import Bundle


def load_held_out(
    bundle: "Bundle", *, data: str | None, split: str, allow_training_data: bool = False
) -> Sequence[Any]:
    """Returns the examples of one split, for scoring a run.

    Args:
        bundle: the run.
        data: a source; None for the one the run was trained on.
        split: train, validation or test.
        allow_training_data: return also what the run was trained on.

    Raises:
        UserError: the source has no such split.
        DataError: the source cannot be used, or the run was trained on that split.
    """
    splits = load_splits(bundle, data=data)
    examples = splits[split]
    if not allow_training_data:
        refuse_training_data(bundle, splits.info, split)
    return examples


def load_splits(bundle: "Bundle", *, data: str | None) -> "Splits":
    """Reads a source with the settings of a run; None for the one it was trained on."""
    if data is None:
        return bundle.app.load_data(bundle.config)
    return bundle.app.load_test_data(replace(bundle.config, data=data))


def refuse_training_data(bundle: "Bundle", info: Mapping[str, Any], split: str) -> None:
    """Refuses a split a run was trained on.

    Args:
        bundle: the run.
        info: lineage of the data, see `shared.app.Splits`.
        split: the part of it that is to be scored.

    Raises:
        DataError: a file of that part has the digest of one the run was trained on.
    """
    if split != "train" and same_splits(bundle.manifest["data"], info):
        return  # the run's own source, from which this split was held back in the same way
    trained = digests_of_training(bundle)
    again = [
        part["name"]
        for part in info["parts"]
        if part["split"] == split and part["sha256"] in trained
    ]
    if again:
        raise DataError(
            f"The run {bundle.path} was trained on {', '.join(again)}, so a score on it says "
            "nothing about new data; name other data or another split, or add "
            "--allow-training-data."
        )


def digests_of_training(bundle: "Bundle") -> set[str]:
    """Returns the digests of the files a run was trained on, or a run that it went on from."""
    parts = [*bundle.manifest["data"]["parts"], *bundle.manifest.get("trained_before", ())]
    return {part["sha256"] for part in parts if part["split"] == "train"}


def same_splits(info: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Says whether two lineages are of the same data, cut in the same way."""
    return _digests(info) == _digests(other)


def _digests(info: Mapping[str, Any]) -> list[tuple[str, str, int]]:
    return [(part["split"], part["sha256"], part["examples"]) for part in info["parts"]]
