"""The stages of a recipe: a probe on cached features, the whole network, or both.

`apps.image_classification.training` hands them to `shared.training.fit`.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from apps.image_classification.augmentation import augmentation
from apps.image_classification.batches import FeatureBatches, Weighted
from apps.image_classification.fine_tuning import rate_factors, unfreeze_top
from apps.image_classification.model import backbone_of, probe_of
from shared.backbones.build import unfreeze
from shared.files import cache_folder
from shared.images.batches import ImageBatches
from shared.images.features import cached_features
from shared.training import Stage, build_optimizer

if TYPE_CHECKING:
    from apps.image_classification.config import ImageClassificationConfig
    from apps.image_classification.example import Example
    from apps.image_classification.preprocessing import ClassNames
    from shared.data.batches import Batches


def build_stages(
    config: "ImageClassificationConfig",
    model: keras.Model,
    classes: "ClassNames",
    *,
    train: "Sequence[Example]",
    validation: "Sequence[Example]",
) -> list[Stage]:
    """Returns the stages of a run; features that are not kept yet are computed here.

    Args:
        config: settings that have been checked.
        model: images float32 (B, size, size, 3), 0 to 255 -> logits float32 (B, C), with the
            weights that training begins with.
        classes: names of the C classes.
        train: pictures to train on, from 1.
        validation: pictures to choose the best epoch by, from 1.
    """
    parts = {"train": train, "validation": validation}
    if config.recipe == "scratch":
        return [_whole("scratch", config, model, classes, **parts)]
    probe = _probe(config, model, classes, **parts)
    if config.recipe == "probe":
        return [probe]
    return [probe, _whole("fine_tune", config, model, classes, **parts)]


def _probe(
    config: "ImageClassificationConfig",
    model: keras.Model,
    classes: "ClassNames",
    *,
    train: "Sequence[Example]",
    validation: "Sequence[Example]",
) -> Stage:
    """Returns the stage of the head alone, on features that are computed once and kept."""
    network = backbone_of(model)
    folder = config.features or cache_folder("features")

    def batches(examples: "Sequence[Example]", **options: Any) -> FeatureBatches:
        return FeatureBatches(
            cached_features(examples, network, folder, crop=config.pictures.crop),
            classes.shares(examples),
            batch_size=config.probe.batch_size,
            **options,
        )

    own = replace(
        config.training,
        epochs=config.probe.epochs,
        learning_rate=config.probe.learning_rate,
        schedule="cosine",
        warm_up_steps=0,
    )
    return _stage(
        "probe",
        replace(config, training=own),
        probe_of(model),
        train=batches(train, seed=config.seed),
        validation=batches(validation, shuffle=False),
        counts=classes.counts(train),
        whole=model,
        prepare=lambda: unfreeze(network, 0),
    )


def _whole(
    name: str,
    config: "ImageClassificationConfig",
    model: keras.Model,
    classes: "ClassNames",
    *,
    train: "Sequence[Example]",
    validation: "Sequence[Example]",
) -> Stage:
    """Returns the stage of the whole network, on pictures that are varied each time."""
    common: dict[str, Any] = {
        "size": model.input_shape[1],
        "batch_size": config.training.batch_size,
        "crop": config.pictures.crop,
    }
    fine_tune = name == "fine_tune"
    return _stage(
        name,
        config,
        model,
        train=ImageBatches(
            train,
            classes.shares(train),
            seed=config.seed,
            crop_area=config.augment.smallest if config.augment.crop else None,
            augment=augmentation(config.augment),
            **common,
        ),
        validation=ImageBatches(validation, classes.shares(validation), shuffle=False, **common),
        counts=classes.counts(train),
        factors=rate_factors(model, config.fine_tune) if fine_tune else None,
        prepare=(lambda: unfreeze_top(model, config.fine_tune)) if fine_tune else None,
        from_best=fine_tune,
    )


def _stage(
    name: str,
    config: "ImageClassificationConfig",
    model: keras.Model,
    *,
    train: "Batches",
    validation: "Batches",
    counts: np.ndarray,
    factors: dict[str, float] | None = None,
    **options: Any,
) -> Stage:
    """Returns a stage that is judged by its accuracy on validation pictures."""
    training = config.training
    if config.class_weights:
        train = Weighted(train, counts)
    return Stage(
        name=name,
        model=model,
        train=train,
        epochs=training.epochs,
        optimizer=lambda: build_optimizer(
            training,
            total_steps=training.epochs * len(train),
            factors=factors,
            ema=config.ema,
        ),
        loss=keras.losses.CategoricalCrossentropy(
            from_logits=True, label_smoothing=config.label_smoothing
        ),
        metrics=[keras.metrics.CategoricalAccuracy(name="accuracy")],
        validation=validation,
        monitor="val_accuracy",
        mode="max",
        patience=training.patience,
        jit_compile=config.runtime.jit_compile,
        **options,
    )
