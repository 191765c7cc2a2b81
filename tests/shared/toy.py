"""An app whose answers need no network, to drive the command line with."""

import errno
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from shared.app import App, Splits, Verb
from shared.config import AppConfig
from shared.errors import DataError, OperationError, Stopped, UserError

PARTS = [
    {"name": "a.txt", "split": "train", "sha256": "aa", "examples": 2},
    {"name": "a.txt", "split": "validation", "sha256": "aa", "examples": 1},
    {"name": "b.txt", "split": "test", "sha256": "bb", "examples": 1},
]


@dataclass(frozen=True)
class FailOptions:
    """Options of a verb of one app."""

    how: str = "not"
    """The name of an error."""


ERRORS = {
    "user": UserError("Expected a, received b; do c."),
    "data": DataError("Expected a file."),
    "operation": OperationError("The loss became NaN."),
    "disk": OSError(errno.ENOSPC, "No space left on device", "runs/x/weights/best.npz"),
    "memory": MemoryError("Unable to allocate 9 TiB"),
    "stop": KeyboardInterrupt("Stopped; go on with --resume."),
    "saved stop": Stopped("Stopped after step 3; everything is saved."),
    "bare stop": KeyboardInterrupt(),
}


class Toy(App):
    """An app whose answers need no network."""

    name = "toy"
    summary = "Repeat what is said."
    item_help = "A word."
    config_class = AppConfig
    presets = MappingProxyType({"base": AppConfig(), "smoke": AppConfig(seed=5)})

    def load_data(self, config):
        if config.data == "sample":
            return Splits(["x"], ["y"], ["z"], {"source": "sample", "parts": PARTS})
        parts = [{**part, "split": "validation", "name": "c"} for part in PARTS[:1]]
        if config.data == "other":
            parts = [{**parts[0], "sha256": "cc"}]
        if config.data == "a-with-new-validation":
            parts = [PARTS[0], {**PARTS[1], "sha256": "dd"}]
        return Splits(["x"], ["y"], ["z"], {"source": config.data, "parts": parts})

    def evaluate(self, bundle, examples):
        return {"score": float(len(examples))}

    def parse(self, raw):
        text = raw.decode("utf-8", "strict") if isinstance(raw, bytes) else raw
        if not text:
            raise DataError("Expected a word, received nothing.")
        return text

    def results(self, items, outputs):
        return [{"answer": answer} for answer in outputs["answer"]]

    def converse(self, lines):
        yield from (line for line in lines if line.endswith("?"))

    def verbs(self):
        def fail(app, options):
            if options.how in ERRORS:
                raise ERRORS[options.how]
            if options.how == "defect":
                raise ZeroDivisionError("a defect of ours")
            print(f"{app.name} did not fail")

        return {"fail": Verb("fail in some way", FailOptions, fail)}


Toy.__abstractmethods__ = frozenset()


class Repeat:
    """A trained toy."""

    app, config, path = Toy(), AppConfig(), "runs/toy"
    manifest = MappingProxyType({"data": {"parts": PARTS}})

    def outputs(self, items):
        return {"answer": np.array(items)}
