"""Adam with a smaller rate for some weights, as fine-tuning wants for what was trained before.

    optimizer = LayerwiseAdam(factors, learning_rate=1e-3)

`shared.training.build_optimizer` makes one where it is given `factors`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import keras


@keras.saving.register_keras_serializable(package="brickyard")
class LayerwiseAdam(keras.optimizers.Adam):
    """Adam whose rate is multiplied, weight by weight.

        rate(w) = factor(w) * learning_rate

    Scaling a gradient would do nothing: Adam divides by its size. Source of such rates: Howard and
    Ruder 2018, Universal Language Model Fine-tuning, section 3.2 (arXiv:1801.06146).

    Args:
        factors: by the path of a variable; 1 for all others.
        **kwargs: of `keras.optimizers.Adam`.
    """

    def __init__(self, factors: Mapping[str, float], **kwargs: Any):
        super().__init__(**kwargs)
        self.factors = dict(factors)

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Makes the moments, and looks up the factor of each variable."""
        if not self.built:
            self._factor_of = [self.factors.get(variable.path, 1.0) for variable in variables]
        super().build(variables)

    def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
        """Updates one variable."""
        # By place, for the backends hand over variables of their own, which have other names.
        factor = self._factor_of[self._get_variable_index(variable)]
        super().update_step(gradient, variable, learning_rate * factor)

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments, for saving."""
        return {**super().get_config(), "factors": self.factors}
