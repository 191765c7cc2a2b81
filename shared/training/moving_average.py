"""A moving average of the weights, kept by the optimizer beside those that it trains.

    optimizer = AveragingAdam({}, ema=0.999, learning_rate=1e-3)

`shared.training.build_optimizer` makes one where it is given `ema`; `shared.training.fit` then
scores and writes the averages and goes on training the weights. Keras' own `use_ema` would leave
the averages in the network after each epoch, and count the batches of one update as several.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import keras
from keras import ops

from shared.training.layerwise_adam import LayerwiseAdam
from shared.training.weights import to_array


class _Averaging(keras.optimizers.Optimizer):
    """What the optimizers of this file do beside their own.

        a_t = a_(t-1) + (1 - d) / (1 - d^t) * (w_t - a_(t-1))

    after update t, so the average is the mean of w_1 .. w_t weighted by d^(t-1) .. d, 1, and the
    initial weights have no part in it. Source: Polyak and Juditsky 1992, Acceleration of Stochastic
    Approximation by Averaging (SIAM Journal on Control and Optimization 30); the correction for
    the first updates is that of Kingma and Ba 2014, section 3 (arXiv:1412.6980).

    Args:
        ema: d, above 0, below 1; about the last 1 / (1 - d) updates count.
    """

    def __init__(self, *args: Any, ema: float, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.ema = ema

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Makes the averages; before the first update they are the weights themselves."""
        if self.built:
            return
        super().build(variables)
        self._averages = self.add_optimizer_variables(variables, "average")
        for average, variable in zip(self._averages, variables, strict=True):
            average.assign(to_array(variable))

    def apply(self, grads: Any, trainable_variables: Any = None) -> None:
        """Updates the weights, and after them their averages."""
        before = ops.copy(self.iterations)  # the variable itself is about to change
        super().apply(grads, trainable_variables)
        updates = ops.copy(self.iterations)
        # Of several batches whose gradients make one update, the last alone counts.
        count = ops.cast(ops.maximum(updates, 1), "float32")
        share = (1.0 - self.ema) / -ops.expm1(count * math.log(self.ema))
        share = ops.where(updates > before, share, 0.0)
        for average, variable in zip(self._averages, self._trainable_variables, strict=True):
            step = ops.cast(share, average.dtype) * (variable - average)
            average.assign(average + step)

    def averages(self) -> list[keras.Variable]:
        """Returns the average of each variable, in the order that `build` was given."""
        return list(self._averages)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, for saving."""
        return {**super().get_config(), "ema": self.ema}


@keras.saving.register_keras_serializable(package="brickyard")
class AveragingAdam(_Averaging, LayerwiseAdam):
    """Adam, with rates by layer if wanted, that keeps the averages of its weights.

    Args:
        factors: of `LayerwiseAdam`; empty for one rate.
        ema: decay of the averages, see above.
        **kwargs: of `keras.optimizers.Adam`.
    """


@keras.saving.register_keras_serializable(package="brickyard")
class AveragingSGD(_Averaging, keras.optimizers.SGD):
    """Gradient descent that keeps the averages of its weights.

    Args:
        ema: decay of the averages, see above.
        **kwargs: of `keras.optimizers.SGD`.
    """


def averages_of(model: keras.Model) -> Mapping[int, keras.Variable]:
    """Returns the averages that a model's optimizer keeps, by the `id` of the weight.

    Args:
        model: compiled, with a built optimizer.

    Returns:
        One for each trainable weight; none where the optimizer keeps none.
    """
    # With float16 Keras puts the optimizer into one that scales the loss.
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    if not isinstance(optimizer, _Averaging):
        return {}
    pairs = zip(model.trainable_variables, optimizer.averages(), strict=True)
    return {id(weight): average for weight, average in pairs}
