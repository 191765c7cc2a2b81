"""The settings of image_classification and its presets, each headed by its command and score."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from shared.config import AppConfig, TrainingConfig


@dataclass(frozen=True)
class PicturesConfig:
    """Which pictures are used, and how large the network sees them."""

    size: int = 0
    """Height and width in pixels; 0 for what the network was published with."""
    crop: float = 0.875
    """Share of the short side that is kept (0 to 1); 1 for pictures that are framed already."""
    validation_fraction: float = 0.1
    """Share held back to choose by, where the data has no validation part."""
    test_fraction: float = 0.0
    """Likewise for a test part, where neither is given."""
    per_class: int = 0
    """Few-shot: pictures of each class to train on, chosen by the seed; 0 for all."""


@dataclass(frozen=True)
class ModelConfig:
    """The network."""

    backbone: str = "MobileNetV2"
    """A network of keras.applications; or lenet, googlenet, resnet20, plain20 (or another depth),
    which are trained from nothing."""
    weights: str = "none"
    """What it begins with: imagenet (fetched by Keras), the path of a .weights.h5 file, or none."""
    dropout: float = 0.2
    """Share of the features that the head of a pretrained network does not see (0 to 1)."""


@dataclass(frozen=True)
class ProbeConfig:
    """The linear probe: the head alone, on features that are computed once."""

    epochs: int = 40
    """Passes over the features."""
    learning_rate: float = 3e-3
    """The highest learning rate; it falls by a cosine to 0."""
    batch_size: int = 64
    """Pictures in a batch."""


@dataclass(frozen=True)
class FineTuneConfig:
    """How the pretrained part is trained on."""

    layers: int = 0
    """Its last layers with weights that are trained; 0 for all. BatchNormalization never is."""
    rate_factor: float = 0.1
    """Its learning rate as a share of the head's (0 to 1)."""
    layer_decay: float = 1.0
    """By how much the rate shrinks from each tenth of the layers to the one below it (0 to 1)."""


@dataclass(frozen=True)
class AugmentConfig:
    """What is done to pictures that the whole network is trained on; none is for the probe."""

    crop: bool = True
    """Cut out a random part each time; else the middle is used, as in answering."""
    smallest: float = 0.35
    """The least part of the area that is cut out (0 to 1)."""
    mirror: bool = True
    """Swap left and right of every other picture; not for characters."""
    rand_augment: int = 0
    """Operations of RandAugment for each picture."""
    magnitude: float = 9.0
    """How strong they are, 0 to 10."""
    mixup: float = 0.0
    """alpha of MixUp; 0 for none."""
    cutmix: float = 0.0
    """alpha of CutMix; 0 for none. Where both are given, batches take turns by chance."""


@dataclass(frozen=True)
class ImageClassificationConfig(AppConfig):
    """Everything that decides a run of image_classification."""

    pictures: PicturesConfig = field(default_factory=PicturesConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    recipe: Literal["probe", "fine_tune", "scratch"] = "probe"
    """The head alone; the head, and then the network; or all at once from the beginning."""
    probe: ProbeConfig = field(default_factory=ProbeConfig)
    fine_tune: FineTuneConfig = field(default_factory=FineTuneConfig)
    augment: AugmentConfig = field(default_factory=AugmentConfig)
    label_smoothing: float = 0.1
    """Share of each label that is spread over all classes (0 to 1)."""
    class_weights: bool = False
    """Count each picture by how rare its class is."""
    ema: float = 0.0
    """Decay of a moving average of the weights, which is then what is scored, kept and answered
    with (0 to 1): 0.999 averages about the last 1,000 updates; 0 for none."""
    features: Path | None = None
    """Where the features of pictures are kept for the next run; by default ~/.cache/brickyard."""


PRESETS: Mapping[str, ImageClassificationConfig] = MappingProxyType(
    {
        # brickyard image-classification train --preset smoke --out runs/smoke
        # The built-in drawings, some seconds; only shows that everything works.
        "smoke": ImageClassificationConfig(
            pictures=PicturesConfig(crop=1.0),
            model=ModelConfig(backbone="resnet8"),
            recipe="scratch",
            augment=AugmentConfig(crop=False, mirror=False),
            training=TrainingConfig(epochs=2, learning_rate=5e-3, schedule="cosine"),
        ),
        # brickyard image-classification train --data FOLDER --model.weights FILE --out RUN
        # A linear probe of a pretrained network: minutes the first time, then seconds.
        "base": ImageClassificationConfig(),
        # brickyard image-classification train --preset fine_tune --data FOLDER
        #   --model.weights FILE --out RUN
        "fine_tune": ImageClassificationConfig(
            recipe="fine_tune",
            training=TrainingConfig(
                epochs=12, learning_rate=1e-3, schedule="cosine", warm_up_steps=100
            ),
        ),
        # brickyard image-classification train --preset scratch --out RUN
        # resnet-20 on 32 x 32 pixels (He et al. 2015, section 4.2); its rate and batch.
        "scratch": ImageClassificationConfig(
            pictures=PicturesConfig(crop=1.0),
            model=ModelConfig(backbone="resnet20"),
            recipe="scratch",
            augment=AugmentConfig(crop=False, mirror=False),
            label_smoothing=0.0,
            training=TrainingConfig(
                batch_size=128, epochs=30, learning_rate=3e-3, schedule="cosine", warm_up_steps=100
            ),
        ),
    }
)
