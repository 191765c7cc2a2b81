"""What goes into a search."""

import numpy as np
from keras import ops

from shared.decoding.step import repeat_beams


def test_the_beams_of_an_item_are_adjacent():
    state = {"a": np.arange(6.0).reshape(3, 2), "b": [np.arange(3)]}
    repeated = repeat_beams(state, 2)
    np.testing.assert_array_equal(
        ops.convert_to_numpy(repeated["a"]), [[0, 1], [0, 1], [2, 3], [2, 3], [4, 5], [4, 5]]
    )
    np.testing.assert_array_equal(ops.convert_to_numpy(repeated["b"][0]), [0, 0, 1, 1, 2, 2])
