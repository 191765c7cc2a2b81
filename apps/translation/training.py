"""How a run is made: one stage, judged by validation BLEU, and the mean of its last epochs."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from apps.translation.batches import PairBatches
from apps.translation.settings import check_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from apps.translation.config import TranslationConfig
    from apps.translation.preprocessing import PairPreprocessing
    from shared.app import App, Splits
    from shared.bundle import Bundle
    from shared.training import Stage

# Sentences of the validation part that are translated after each epoch, greedily: evenly spaced,
# for a file that was joined from several begins with one kind.
JUDGED = 500


def train(
    app: "App", config: "TranslationConfig", run_dir: Path, *, resume: bool = False
) -> "Bundle":
    """Trains into a run folder.

    Raises:
        ConfigError: settings that make no sense, or that do not fit the run to start from.
        DataError: the pairs cannot be used.
    """
    from apps.translation.data import told
    from apps.translation.earlier_run import check_lineage, known_pairs, load_earlier
    from shared.bundle import BEST_WEIGHTS, Bundle, load, record
    from shared.quiet import load_keras
    from shared.runtime import start
    from shared.training import fit
    from shared.training.averaging import keep_better
    from shared.training.weights import restore_weights

    check_settings(config)
    load_keras()
    earlier = load_earlier(app, config, config.start) if config.start else None
    splits = app.load_data(config)
    if earlier is None:
        preprocessing: Any = app.fit_preprocessing(config, splits.train)
    else:
        preprocessing = earlier.preprocessing
        info = check_lineage(earlier, splits.info)
        known = known_pairs(splits.train, preprocessing)
        info["cleaning"]["unknown"] = len(splits.train) - len(known)
        splits = replace(splits, train=known, info=info)
    print(*told(splits), sep="\n", file=sys.stderr)
    about = {
        "preprocessing": preprocessing,
        "info": splits.info,
        "earlier": earlier.manifest if earlier else None,
        "resume": resume,
    }
    with (
        start(config.runtime, seed=config.seed),
        record(app, config, run_dir, **about) as recording,
    ):
        model = app.build_model(config, preprocessing)
        if earlier:
            restore_weights(model, earlier.path / BEST_WEIGHTS)
        stage = _stage(config, model, preprocessing, splits)
        fit([stage], run_dir, config=config.training, seed=config.seed, resume=resume)
        bundle = Bundle(app, config, preprocessing, model, recording.manifest, run_dir)

        def scores() -> "Mapping[str, float]":
            return app.evaluate(bundle, splits["validation"])

        if config.average > 1:
            # Not by `validate`, whose greedy search of a part is for the course of a training.
            kept = keep_better(
                stage, run_dir, run_dir / BEST_WEIGHTS, score=lambda: scores()["bleu"]
            )
            _tell_better(kept)
        else:
            restore_weights(model, run_dir / BEST_WEIGHTS)
        recording.scores |= scores()
    return load(run_dir)


def _stage(
    config: "TranslationConfig", model: Any, preprocessing: "PairPreprocessing", splits: "Splits"
) -> "Stage":
    from apps.translation.answering.answer import translate
    from apps.translation.scoring.scores import cased_bleu
    from apps.translation.translator import Translator
    from shared.losses.smoothed_cross_entropy import SmoothedCrossEntropy
    from shared.training import Stage, build_optimizer

    train, validation = _batches(config, preprocessing, splits)
    plain = replace(config.decoding, beam_width=1, n_best=1, coverage_penalty=0.0)
    greedy = Translator(model, plain, with_attention=False)
    held_out = splits["validation"]
    count = min(JUDGED, len(held_out))
    judged = [held_out[place * len(held_out) // count] for place in range(count)]

    def validate() -> "Mapping[str, float]":
        translations = translate(
            greedy,
            preprocessing,
            [pair.source for pair in judged],
            max_tokens=config.decoding.max_tokens,
        )
        return {"bleu": cased_bleu(translations, [pair.target for pair in judged])}

    epochs = config.training.epochs
    return Stage(
        name="transformer",
        model=model,
        train=train,
        epochs=epochs,
        optimizer=lambda: build_optimizer(config.training, total_steps=epochs * len(train)),
        loss=SmoothedCrossEntropy(smoothing=config.label_smoothing),
        validation=validation,
        validate=validate,
        monitor="val_bleu",
        mode="max",
        patience=config.training.patience,
        keep_last=config.average if config.average > 1 else 0,
        jit_compile=config.runtime.jit_compile,
    )


def _tell_better(scores: "Mapping[str, float]") -> None:
    kept = "the mean" if scores["mean"] >= scores["best_epoch"] else "the best epoch"
    print(
        f"Validation BLEU of the best epoch {scores['best_epoch']:.2f}, of the mean of the last "
        f"epochs {scores['mean']:.2f}: {kept} is kept.",
        file=sys.stderr,
    )


def _batches(
    config: "TranslationConfig", preprocessing: "PairPreprocessing", splits: "Splits"
) -> tuple[PairBatches, PairBatches]:
    """Returns those to train on and those to validate with."""
    dropout = config.tokens.dropout

    def encoded(epoch: int) -> tuple[list[Any], list[Any]]:
        """Returns the training pairs as an epoch sees them."""
        seed = (config.seed, epoch)
        return preprocessing.encode_pairs(splits.train, dropout=dropout, seed=seed)

    limits: dict[str, Any] = {
        "batch_tokens": config.batch_tokens,
        "max_tokens": config.decoding.max_tokens,
    }
    train = PairBatches(
        *encoded(0), **limits, seed=config.seed, recode=encoded if dropout else None
    )
    held_out = preprocessing.encode_pairs(splits["validation"])
    return train, PairBatches(*held_out, **limits, shuffle=False)
