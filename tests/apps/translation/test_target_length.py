"""How long a translation may become: one answer, whoever asks and in whatever form."""

import math
from fractions import Fraction

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")

from apps.translation.config import DecodingConfig  # noqa: E402
from apps.translation.translator import most_tokens  # noqa: E402

LENGTHS = np.arange(1, 400, dtype=np.int32)


@pytest.mark.parametrize("ratio", [0.0, 0.7, 1.1, 1.15, 2.0, 3.3, 7.77])
def test_numbers_and_tensors_give_the_same(ratio):
    config = DecodingConfig(max_ratio=ratio)
    numbers = [most_tokens(int(length), config) for length in LENGTHS]
    assert all(isinstance(one, int) for one in numbers)
    graph = tf.function(lambda lengths: most_tokens(lengths, config))
    assert graph(LENGTHS).numpy().tolist() == numbers
    # Exact arithmetic allows the neighbour only where the product is within rounding of a whole.
    for length, found in zip(LENGTHS.tolist(), numbers, strict=True):
        exact = Fraction(ratio) * length
        assert math.floor(exact - Fraction(1, 10**3)) + 10 <= found
        assert found <= math.floor(exact + Fraction(1, 10**3)) + 10


def test_a_longer_source_is_never_allowed_less():
    config = DecodingConfig(max_ratio=1.37)
    assert most_tokens(1, config) == 11
    assert most_tokens(100, config) == 147
    numbers = [most_tokens(int(length), config) for length in LENGTHS]
    assert numbers == sorted(numbers)
