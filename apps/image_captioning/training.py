"""How a run is made: the stages of its recipe, each judged by the captions it writes."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apps.image_captioning.config import ImageCaptioningConfig
    from shared.app import App
    from shared.bundle import Bundle


def train(
    app: "App", config: "ImageCaptioningConfig", run_dir: Path, *, resume: bool = False
) -> "Bundle":
    """Trains into a run folder.

    Nothing is written before data, settings and weights have been found usable.

    Raises:
        ConfigError: settings that make no sense.
        DataError: the images or captions cannot be used.
        BundleError: the weights to begin with are of another network.
        MissingPackageError: what counts the scores is not installed.
        UserError: there is no validation part, or the weights cannot be fetched.
    """
    from shared.quiet import load_keras

    load_keras()  # before the others, which import it with all its notes

    from apps.image_captioning.data import told
    from apps.image_captioning.evaluation.scores import coco_metrics
    from apps.image_captioning.self_critical.stage import check_devices
    from apps.image_captioning.settings import check_settings, check_weights
    from apps.image_captioning.stages import Recipe
    from shared.backbones.build import set_weights
    from shared.bundle import BEST_WEIGHTS, Bundle, load, record
    from shared.runtime import start
    from shared.training import fit
    from shared.training.weights import restore_weights

    coco_metrics()  # which the end of a training of hours needs
    check_settings(config)
    splits = app.load_data(config)
    check_weights(config)
    validation = splits["validation"]
    print(*told(splits), sep="\n", file=sys.stderr)
    words: Any = app.fit_preprocessing(config, splits.train)
    with start(config.runtime, seed=config.seed):
        if config.self_critical.epochs:
            check_devices()
        model: Any = app.build_model(config, words)
        if config.model.weights != "none":
            set_weights(model.backbone, config.model.backbone, config.model.weights)
        about: dict[str, Any] = {"preprocessing": words, "info": splits.info, "resume": resume}
        with record(app, config, run_dir, **about) as recording:
            recipe = Recipe(config, model, words, train=splits.train, validation=validation)
            fit(recipe.stages(), run_dir, config=config.training, seed=config.seed, resume=resume)
            restore_weights(model, run_dir / BEST_WEIGHTS)
            bundle = Bundle(app, config, words, model, recording.manifest, run_dir)
            recording.scores |= app.evaluate(bundle, validation)
    return load(run_dir)
