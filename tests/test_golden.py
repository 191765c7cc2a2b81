"""Runs of every released bundle format stay loadable, and answer as when they were made."""

import json
from pathlib import Path

import pytest

from shared.bundle import FORMAT, load, read_manifest

GOLDEN = Path(__file__).parent / "golden"
BUNDLES = sorted(path.parent for path in GOLDEN.glob("*/manifest.json"))


@pytest.mark.parametrize("folder", BUNDLES, ids=lambda folder: folder.name)
def test_a_golden_bundle_answers_as_it_did(folder: Path) -> None:
    expected = json.loads((GOLDEN / f"{folder.name}.json").read_text(encoding="utf-8"))
    results = load(folder).predict([case["input"] for case in expected])
    for case, result in zip(expected, results, strict=True):
        for name in case.keys() - {"input"}:
            value = case[name]
            assert result[name] == (
                pytest.approx(value, abs=1e-5) if isinstance(value, float) else value
            )


def test_every_app_has_a_golden_bundle_of_the_present_format() -> None:
    from shared.app import discover

    held = {(manifest["app"], manifest["format"]) for manifest in map(read_manifest, BUNDLES)}
    assert {(app, FORMAT) for app in discover().apps} <= held
