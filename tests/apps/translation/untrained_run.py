"""A run of translation that was never trained: what it says is fixed, and made in a second."""

from dataclasses import replace
from pathlib import Path

import keras

from apps.translation.app import Translation
from apps.translation.config import PRESETS
from shared.bundle import Bundle


def make_untrained_run(folder: Path) -> Bundle:
    """A run with random weights; its translations have ten tokens at most."""
    app, preset = Translation(), PRESETS["smoke"]
    config = replace(
        preset,
        tokens=replace(preset.tokens, vocabulary_size=120),
        pairs=replace(preset.pairs, validation_size=20, test_size=20),
        decoding=replace(preset.decoding, max_ratio=0.0),
    )
    splits = app.load_data(config)
    preprocessing = app.fit_preprocessing(config, splits.train[:300])
    keras.utils.set_random_seed(1)
    model = app.build_model(config, preprocessing)
    return Bundle(app, config, preprocessing, model, {"data": dict(splits.info)}, folder)
