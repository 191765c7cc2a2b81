"""What is done to training pictures, from the settings; the stages of a whole network ask it."""

from typing import TYPE_CHECKING

from shared.images.augment.cutmix import CutMix
from shared.images.augment.flip import flip
from shared.images.augment.mixup import MixUp
from shared.images.augment.one_of import OneOf
from shared.images.augment.rand_augment import RandAugment

if TYPE_CHECKING:
    from apps.image_classification.config import AugmentConfig
    from shared.images.batches import Augment


def augmentation(config: "AugmentConfig") -> "list[Augment]":
    """Returns the steps in their order: each picture alone first, and then pictures together.

    The random crop is none of them: it is cut out while a picture is decoded.
    """
    steps: list[Augment] = [flip] if config.mirror else []
    if config.rand_augment:
        steps.append(RandAugment(config.rand_augment, config.magnitude))
    mixes: list[Augment] = [MixUp(config.mixup)] if config.mixup else []
    mixes += [CutMix(config.cutmix)] if config.cutmix else []
    return [*steps, OneOf(mixes)] if len(mixes) > 1 else [*steps, *mixes]
