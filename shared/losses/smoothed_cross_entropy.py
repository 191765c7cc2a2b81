"""The loss of sequence models, with label smoothing that costs one more look at the logits."""

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="brickyard")
class SmoothedCrossEntropy(keras.losses.Loss):
    """Cross-entropy against a target of which a share e is spread over the whole vocabulary.

        loss = logsumexp(z) - (1 - e) z_y - e mean(z)

    Its mean is over the tokens with a weight, so padding (weight 0) counts for nothing: give the
    mask of the targets as `sample_weight`.

    Source: Szegedy et al. 2016, Rethinking the Inception Architecture, section 7
    (arXiv:1512.00567).

    Args:
        smoothing: e, from 0 to below 1.

    Call arguments:
        y_true: int32 (B, T).
        y_pred: logits (B, T, V).
        sample_weight: (B, T).

    Returns:
        a scalar.
    """

    def __init__(self, *, smoothing: float = 0.0, name: str = "loss", **kwargs: Any):
        super().__init__(name=name, **{"reduction": "mean_with_sample_weight", **kwargs})
        self.smoothing = smoothing

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of each token (B, T)."""
        labels = ops.cast(y_true, "int32")
        sharp = ops.sparse_categorical_crossentropy(labels, y_pred, from_logits=True)
        if not self.smoothing:
            return sharp
        chosen = ops.take_along_axis(y_pred, labels[..., None], axis=-1)[..., 0]
        return sharp + self.smoothing * (chosen - ops.mean(y_pred, axis=-1))

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, for saving."""
        return {**super().get_config(), "smoothing": self.smoothing}
