"""The smallest app that has weights, and a training of it that takes no time."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

import keras
import numpy as np

from shared.app import App
from shared.bundle import record
from shared.config import AppConfig
from shared.files import write_text
from shared.training.weights import save_weights

INFO = {
    "source": "numbers.txt",
    "parts": [
        {"name": "numbers.txt", "split": "train", "sha256": "ab" * 32, "examples": 4},
        {"name": "numbers.txt", "split": "validation", "sha256": "cd" * 32, "examples": 2},
    ],
}


@dataclass(frozen=True)
class Size:
    units: int = 2


@dataclass(frozen=True)
class ScaleConfig(AppConfig):
    size: Size = field(default_factory=Size)


@dataclass(frozen=True)
class Scale:
    """Preprocessing of one number."""

    factor: str = "2"

    def save(self, folder):
        write_text(folder / "factor.txt", self.factor)

    @classmethod
    def load(cls, folder):
        return cls((folder / "factor.txt").read_text())


class Scaling(App):
    """A dense layer over three numbers."""

    name = "scaling"
    summary = item_help = "for tests"
    config_class = ScaleConfig
    presets = MappingProxyType({})

    def load_preprocessing(self, config, folder):
        return Scale.load(folder)

    def build_model(self, config, preprocessing):
        inputs = keras.Input((3,), name="numbers")
        return keras.Model(inputs, keras.layers.Dense(config.size.units, name="dense")(inputs))

    def evaluate(self, bundle, examples):
        return {"count": float(len(examples))}

    def parse(self, raw):
        return list(map(float, raw.split()))

    def infer(self, bundle, items):
        scaled = np.array(items, np.float32) * float(bundle.preprocessing.factor)
        return {"scores": bundle.model.predict_on_batch(scaled)}

    def results(self, items, outputs):
        return [{"scores": row.tolist()} for row in outputs["scores"]]


Scaling.__abstractmethods__ = frozenset()
APP = Scaling()


def trained(run: Path, *, config=None, info=INFO, resume=False, fails=None) -> ScaleConfig:
    """Goes through a training that takes no time."""
    config = config or ScaleConfig(seed=3)
    with record(APP, config, run, preprocessing=Scale(), info=info, resume=resume) as recording:
        model = APP.build_model(config, Scale())
        model.layers[1].set_weights([np.arange(6).reshape(3, 2), np.array([0.5, -0.5])])
        save_weights(model, run / "weights" / "best.npz")
        write_text(run / "state" / "training.npz", "changes all the time")
        if fails is not None:
            raise fails
        recording.scores["error_percent"] = 12.5
    return config


def manifest_of(run: Path) -> dict:
    return json.loads((run / "manifest.json").read_text())


def put_manifest(run: Path, **values) -> None:
    (run / "manifest.json").write_text(json.dumps({**manifest_of(run), **values}))
