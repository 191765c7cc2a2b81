"""How a run is made: one stage, judged by validation BLEU, and the mean of its last epochs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.translation.batches import PairBatches

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.translation.config import TranslationConfig
    from apps.translation.preprocessing import PairPreprocessing
    from shared.app import App, Splits
    from shared.bundle import Bundle
    from shared.training import Stage

# Sentences of the validation part that are translated after each epoch, greedily.
JUDGED = 500


def train(
    app: "App", config: "TranslationConfig", run_dir: Path, *, resume: bool = False
) -> "Bundle":
    """Trains into a run folder."""
    from apps.translation.data import told
    from shared.bundle import BEST_WEIGHTS, Bundle, load, record
    from shared.quiet import load_keras
    from shared.runtime import start
    from shared.training import fit
    from shared.training.averaging import average_weights
    from shared.training.weights import restore_weights, save_weights

    load_keras()
    splits = app.load_data(config)
    print(told(splits.info["cleaning"]), file=sys.stderr)
    preprocessing: Any = app.fit_preprocessing(config, splits.train)
    with (
        start(config.runtime, seed=config.seed),
        record(
            app, config, run_dir, preprocessing=preprocessing, info=splits.info, resume=resume
        ) as recording,
    ):
        model = app.build_model(config, preprocessing)
        stage = _stage(config, model, preprocessing, splits)
        fit([stage], run_dir, config=config.training, seed=config.seed, resume=resume)
        if config.average > 1:
            average_weights(model, run_dir)
            save_weights(model, run_dir / BEST_WEIGHTS)
        restore_weights(model, run_dir / BEST_WEIGHTS)
        bundle = Bundle(app, config, preprocessing, model, recording.manifest, run_dir)
        recording.scores |= app.evaluate(bundle, splits["validation"])
    return load(run_dir)


def _stage(
    config: "TranslationConfig", model: Any, preprocessing: "PairPreprocessing", splits: "Splits"
) -> "Stage":
    from dataclasses import replace

    from apps.translation.answer import translate
    from apps.translation.scores import cased_bleu
    from apps.translation.translator import Translator
    from shared.losses.smoothed_cross_entropy import SmoothedCrossEntropy
    from shared.training import Stage, build_optimizer

    def batches(split: str) -> PairBatches:
        pairs = splits[split]
        return PairBatches(
            preprocessing.encode([pair.source for pair in pairs]),
            preprocessing.encode([pair.target for pair in pairs]),
            batch_tokens=config.batch_tokens,
            max_tokens=config.decoding.max_tokens,
            seed=config.seed,
            shuffle=split == "train",
        )

    greedy = Translator(
        model, replace(config.decoding, beam_width=1, n_best=1), with_attention=False
    )
    judged = splits["validation"][:JUDGED]

    def validate() -> "Mapping[str, float]":
        translations = translate(
            greedy,
            preprocessing,
            [pair.source for pair in judged],
            max_tokens=config.decoding.max_tokens,
        )
        return {"bleu": cased_bleu(translations, [pair.target for pair in judged])}

    train, epochs = batches("train"), config.training.epochs
    return Stage(
        name="transformer",
        model=model,
        train=train,
        epochs=epochs,
        optimizer=lambda: build_optimizer(config.training, total_steps=epochs * len(train)),
        loss=SmoothedCrossEntropy(smoothing=config.label_smoothing),
        validation=batches("validation"),
        validate=validate,
        monitor="val_bleu",
        mode="max",
        patience=config.training.patience,
        keep_last=config.average if config.average > 1 else 0,
        jit_compile=config.runtime.jit_compile,
    )
