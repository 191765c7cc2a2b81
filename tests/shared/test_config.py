"""Settings from defaults, presets, files and flags: who wins, and what is refused."""

import dataclasses
import itertools
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import pytest

from shared.app import App
from shared.cli import _parse_training
from shared.config import (
    AppConfig,
    RuntimeConfig,
    TrainingConfig,
    from_dict,
    load_config,
    to_dict,
)
from shared.errors import ConfigError
from shared.testing.cli import run_cli


@dataclass(frozen=True)
class Inner:
    depth: int = 1
    names: tuple[str, ...] = ()
    rate: float | None = None
    kind: Literal["round", "square"] = "round"
    on: bool = False
    place: Path | None = None


@dataclass(frozen=True)
class Outer(AppConfig):
    inner: Inner = field(default_factory=Inner)


class Presets(App):
    """Only what the command line needs to make flags."""

    name = "presets"
    summary = item_help = "for tests"
    config_class = Outer
    presets = {"base": Outer(seed=1), "small": Outer(seed=2, training=TrainingConfig(epochs=2))}  # noqa: RUF012


Presets.__abstractmethods__ = frozenset()


def parsed(*argv: object) -> Outer:
    config = _parse_training(Presets(), "brickyard presets train", [str(one) for one in argv])
    assert isinstance(config.config, Outer)
    return config.config


def test_to_dict_is_complete_json_in_the_order_of_the_fields():
    values = to_dict(Outer(data_dir=Path("a/b"), inner=Inner(names=("x", "y"))))
    assert list(values) == [entry.name for entry in dataclasses.fields(Outer)]
    assert values["data_dir"] == "a/b"
    assert values["inner"]["names"] == ["x", "y"]
    assert list(values["training"]) == [entry.name for entry in dataclasses.fields(TrainingConfig)]
    assert list(values["runtime"]) == [entry.name for entry in dataclasses.fields(RuntimeConfig)]
    json.dumps(values)


def test_a_configuration_survives_being_written_and_read():
    config = Outer(
        data="stories.zip",
        data_dir=Path("x"),
        download=True,
        seed=7,
        training=TrainingConfig(clip_norm=2.0, patience=3, schedule="cosine"),
        runtime=RuntimeConfig(precision="mixed_bfloat16", coordinator="host:1", processes=2),
        inner=Inner(names=("a",), rate=0.5, kind="square", on=True, place=Path("p")),
    )
    assert from_dict(Outer(), to_dict(config), origin="test") == config


def test_values_are_put_in_at_any_depth_and_the_rest_stays():
    base = Outer(seed=3, inner=Inner(depth=5, on=True))
    changed = from_dict(base, {"inner": {"depth": 9}, "training": {"epochs": 4}}, origin="test")
    assert changed == Outer(
        seed=3, inner=Inner(depth=9, on=True), training=TrainingConfig(epochs=4)
    )
    assert base.inner.depth == 5


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"sede": 1}, "unknown setting 'sede'. Did you mean 'seed'?"),
        ({"inner": {"dept": 1}}, "unknown setting 'inner.dept'. Did you mean 'depth'?"),
        ({"training": {"Epochs": 1}}, "'training.Epochs'. Did you mean 'epochs'?"),
        ({"zzzzzz": 1}, "unknown setting 'zzzzzz'. Known: data, data_dir, download"),
        ({"seed": "1"}, "expected int for 'seed', received '1'"),
        ({"seed": 1.0}, "expected int for 'seed', received 1.0"),
        ({"seed": True}, "expected int for 'seed', received True"),
        ({"seed": None}, "expected int for 'seed', received None"),
        ({"download": 1}, "expected bool for 'download', received 1"),
        ({"data_dir": 5}, "expected Path or null for 'data_dir', received 5"),
        ({"inner": {"rate": "fast"}}, "expected float or null for 'inner.rate'"),
        ({"inner": {"rate": False}}, "expected float or null for 'inner.rate', received False"),
        ({"inner": {"names": "one"}}, "expected a list of str for 'inner.names', received 'one'"),
        ({"inner": {"names": ["a", 1]}}, "expected a list of str for 'inner.names'"),
        ({"inner": {"kind": "oval"}}, "expected one of 'round', 'square' for 'inner.kind'"),
        ({"inner": 3}, "'inner', received 3"),
        ({"training": {"epochs": [1]}}, "expected int for 'training.epochs', received [1]"),
    ],
)
def test_what_is_refused(values, named):
    with pytest.raises(ConfigError) as caught:
        from_dict(Outer(), values, origin="my.json")
    assert str(caught.value).startswith("In my.json: ")
    assert named in str(caught.value)


def test_all_problems_are_told_at_once():
    values = {
        "sede": 1,
        "download": "yes",
        "training": {"epochs": "many", "batch_sise": 3},
        "inner": {"kind": 1},
    }
    with pytest.raises(ConfigError) as caught:
        from_dict(Outer(), values, origin="my.json")
    said = str(caught.value)
    for name in ("'sede'", "'download'", "'training.epochs'", "'training.batch_sise'", "'inner."):
        assert name in said
    assert said.count(";") == 4
    assert "\n" not in said


def test_a_whole_number_is_a_float_where_a_float_is_expected():
    rate = from_dict(Outer(), {"inner": {"rate": 2}}, origin="test").inner.rate
    assert rate == 2.0 and isinstance(rate, float)


def test_a_very_long_value_is_cut_in_the_message():
    with pytest.raises(ConfigError) as caught:
        from_dict(Outer(), {"seed": "x" * 100_000}, origin="my.json")
    assert len(str(caught.value)) < 200


def test_json_and_toml_say_the_same(tmp_path):
    (tmp_path / "a.json").write_text('{"seed": 5, "inner": {"names": ["a"], "rate": 1}}')
    (tmp_path / "a.toml").write_text('seed = 5\n[inner]\nnames = ["a"]\nrate = 1\n')
    expected = Outer(seed=5, inner=Inner(names=("a",), rate=1.0))
    assert load_config(Outer(), tmp_path / "a.json") == expected
    assert load_config(Outer(), tmp_path / "a.toml") == expected


BAD_FILES = {
    "missing.json": (None, "No such file"),
    "broken.json": (b'{"seed": ', "Expecting value"),
    "broken.toml": (b"seed = ", "Invalid value"),
    "toml.json": (b"seed = 1", "Expected JSON (or TOML in a .toml file)"),
    "latin.json": (b'{"data": "caf\xe9"}', "utf-8"),
    "list.json": (b"[1, 2]", "Expected an object of settings"),
    "empty.json": (b"", "Expecting value"),
    "binary.json": (b"\x89PNG\r\n\x1a\n\x00", "utf-8"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_configuration_file_is_refused_in_one_sentence(tmp_path, name):
    content, hint = BAD_FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        load_config(Outer(), tmp_path / name)
    assert hint in str(caught.value)
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_is_no_configuration_file(tmp_path):
    with pytest.raises(ConfigError, match="directory"):
        load_config(Outer(), tmp_path)


# What each source says of the seed; the later one wins.
LAYERS = ("default", "preset", "file", "flag")
SEEDS = {"default": 1, "preset": 2, "file": 30, "flag": 40}


@pytest.mark.parametrize(
    "given", [c for n in range(4) for c in itertools.combinations(LAYERS[1:], n)], ids=str
)
def test_default_then_preset_then_file_then_flags_in_any_order(tmp_path, given):
    file = tmp_path / "my.toml"
    file.write_text(f"seed = {SEEDS['file']}\n")
    words = {
        "preset": ("--preset", "small"),
        "file": ("--config", str(file)),
        "flag": ("--seed", str(SEEDS["flag"])),
    }
    winner = next(layer for layer in reversed(LAYERS) if layer in ("default", *given))
    for order in itertools.permutations(given):
        for place in range(len(order) + 1):
            groups = [words[layer] for layer in order]
            groups.insert(place, ("--out", "somewhere"))
            argv = [word for group in groups for word in group]
            config = parsed(*argv)
            assert config.seed == SEEDS[winner], argv
            assert config.training.epochs == (2 if "preset" in given else 10), argv


def test_flags_with_an_equals_sign_count_too(tmp_path):
    file = tmp_path / "my.json"
    file.write_text('{"training": {"epochs": 6}}')
    config = parsed("--out=x", f"--config={file}", "--preset=small", "--inner.depth=4")
    assert (config.seed, config.training.epochs, config.inner.depth) == (2, 6, 4)


def test_every_kind_of_field_has_a_flag():
    config = parsed(
        *("--out", "x", "--data", "d", "--data-dir", "e", "--download", "--inner.names", "a", "b"),
        *("--inner.rate", "0.5", "--inner.kind", "square", "--inner.on", "--inner.place", "p"),
        *("--training.clip-norm", "None", "--runtime.precision", "mixed_float16"),
    )
    assert config == Outer(
        data="d",
        data_dir=Path("e"),
        download=True,
        seed=1,
        runtime=RuntimeConfig(precision="mixed_float16"),
        inner=Inner(names=("a", "b"), rate=0.5, kind="square", on=True, place=Path("p")),
    )


def test_a_resumed_run_starts_from_its_own_settings(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps(to_dict(Outer(seed=99))))
    assert parsed("--out", tmp_path).seed == 1
    assert parsed("--out", tmp_path, "--resume").seed == 99
    assert parsed("--resume", "--out", tmp_path, "--training.epochs", 3).training.epochs == 3


def test_a_printed_configuration_can_be_fed_back(tmp_path):
    asked = ("--preset", "smoke", "--seed", 4, "--training.epochs", 3, "--stories.tasks", 1, 2)
    train = ("memory-qa", "train", "--out", tmp_path / "run", "--print-config")
    printed = run_cli(*train, *asked)
    assert printed.code == 0
    assert json.loads(printed.out)["stories"]["tasks"] == [1, 2]
    (tmp_path / "my.json").write_text(printed.out)
    assert run_cli(*train, "--config", tmp_path / "my.json").out == printed.out
    assert not (tmp_path / "run").exists()
