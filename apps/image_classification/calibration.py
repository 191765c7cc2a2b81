"""The last step of a training: a temperature that makes a network as sure as it is right."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from apps.image_classification.example import Example
    from shared.bundle import Bundle


def calibrate(bundle: "Bundle", examples: "Sequence[Example]") -> None:
    """Sets the temperature of a run by pictures that it was not trained on.

    It may be done again: what was set before has no part in it.

    Args:
        bundle: a run, whose network is changed.
        examples: N pictures, from 1.
    """
    from apps.image_classification.evaluation.temperature import fit_temperature
    from apps.image_classification.model import TEMPERATURE
    from apps.image_classification.scores import judge

    found = judge(bundle, examples)
    # Logits (N, C) up to a constant for each picture, which changes nothing.
    logits = np.log(np.maximum(found.before, np.finfo(np.float32).tiny))
    temperature = bundle.model.get_layer(TEMPERATURE).temperature
    temperature.assign(fit_temperature(logits, found.labels))
