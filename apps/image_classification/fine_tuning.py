"""Which layers of a pretrained network are trained on, and how fast each of them."""

from typing import TYPE_CHECKING

from apps.image_classification.model import backbone_of
from shared.backbones.build import unfreeze

if TYPE_CHECKING:
    import keras

    from apps.image_classification.config import FineTuneConfig

# The layers of a backbone in so many parts, each with a rate of its own.
PARTS = 10


def unfreeze_top(model: "keras.Model", config: "FineTuneConfig") -> None:
    """Lets the last layers be trained, or all; BatchNormalization keeps its statistics."""
    unfreeze(backbone_of(model), config.layers or None)


def rate_factors(model: "keras.Model", config: "FineTuneConfig") -> dict[str, float]:
    """Returns the learning rate of each weight of the backbone as a share of the head's, by path.

        rate(w) = rate_factor * layer_decay^depth

    The uppermost tenth of the layers has `rate_factor`, and every tenth below it `layer_decay`
    times the one above, so depth goes from 0 to 9 (Howard and Ruder 2018, arXiv:1801.06146,
    section 3.2, by parts instead of layers).
    """
    layers = [layer for layer in backbone_of(model).layers if layer.variables]
    factors: dict[str, float] = {}
    for place, layer in enumerate(layers):
        depth = (len(layers) - 1 - place) * PARTS // len(layers)
        for variable in layer.variables:
            factors[variable.path] = config.rate_factor * config.layer_decay**depth
    return factors
