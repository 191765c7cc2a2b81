"""A fine-tuning that is killed in its midst ends with the weights of one that is not."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from apps.image_classification.app import ImageClassification
from apps.image_classification.config import (
    PRESETS,
    AugmentConfig,
    FineTuneConfig,
    ModelConfig,
    PicturesConfig,
    ProbeConfig,
)
from apps.image_classification.sample import draw
from shared.backbones.build import build_backbone
from shared.config import TrainingConfig, to_dict
from shared.files import read_arrays

# Keras' own `save_weights` meets a change in numpy.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

APP = ImageClassification()
SIZE = 32
NETWORK = "MobileNet"

KILLED = """
import os
import signal
import sys
from pathlib import Path

from apps.image_classification.app import ImageClassification
from apps.image_classification.config import ImageClassificationConfig
from shared.config import load_config

config = load_config(ImageClassificationConfig(), Path(sys.argv[1]))
replace_file, states = os.replace, []

def replace_and_die(source, target, **kwargs):
    replace_file(source, target, **kwargs)
    if Path(target).name == "training.npz":
        states.append(target)
        if len(states) == int(sys.argv[3]):
            os.kill(os.getpid(), signal.SIGKILL)

os.replace = replace_and_die
ImageClassification().train(config, Path(sys.argv[2]))
"""


@pytest.fixture
def config(tmp_path):
    """Three classes, two epochs of a probe and two of the upper layers, with all that is random."""
    keras.utils.set_random_seed(1)
    build_backbone(NETWORK, size=SIZE).save_weights(tmp_path / "net.weights.h5")
    for example in draw(0, 8, SIZE):
        if example.label in ("disc", "checks", "gradient"):
            path = tmp_path / "pictures" / example.label / f"{example.name}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(example.read())
    return replace(
        PRESETS["fine_tune"],
        data=str(tmp_path / "pictures"),
        pictures=PicturesConfig(size=SIZE, validation_fraction=0.25),
        model=ModelConfig(NETWORK, str(tmp_path / "net.weights.h5")),
        probe=ProbeConfig(epochs=2),
        fine_tune=FineTuneConfig(layers=5, layer_decay=0.5),
        augment=AugmentConfig(rand_augment=1, mixup=0.2),
        training=TrainingConfig(epochs=2, batch_size=8, learning_rate=1e-3, checkpoint_steps=1),
        class_weights=True,
        ema=0.9,
        features=tmp_path / "features",
    )


def test_a_killed_run_ends_with_the_same_weights(config, tmp_path):
    whole = APP.train(config, tmp_path / "whole")
    rows = [json.loads(line) for line in (whole.path / "metrics.jsonl").read_text().splitlines()]
    assert [(row["stage"], row["step"]) for row in rows] == [
        ("probe", 1),
        ("probe", 2),
        ("fine_tune", 5),
        ("fine_tune", 8),
    ]
    settings = tmp_path / "config.json"
    settings.write_text(json.dumps(to_dict(config)))
    # A state after each step and each epoch: four of the probe and four of the first epoch, so
    # the ninth is in the midst of the second one.
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, settings, tmp_path / "killed", "9"],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
        capture_output=True,
        check=False,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert len((tmp_path / "killed/metrics.jsonl").read_text().splitlines()) == 3
    resumed = APP.train(config, tmp_path / "killed", resume=True)
    for name in ("best", "last"):
        arrays = read_arrays(whole.path / f"weights/{name}.npz")
        for weight, array in read_arrays(resumed.path / f"weights/{name}.npz").items():
            np.testing.assert_array_equal(array, arrays[weight], err_msg=f"{name} {weight}")
    assert resumed.manifest["scores"] == whole.manifest["scores"]
    assert json.loads((whole.path / "config.json").read_text())["pictures"]["crop"] == 0.875
