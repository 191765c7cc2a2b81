"""How a vocabulary is cut into blocks."""

import numpy as np
import pytest

from shared.decoding.blocks import cut_blocks


@pytest.mark.parametrize("vocabulary", [2, 5, 7, 16, 97, 100, 9973, 10_000])
def test_blocks_hold_every_id_once(vocabulary):
    never = [0, vocabulary - 1, vocabulary + 3]
    blocks = cut_blocks(vocabulary, never)
    assert 0 <= blocks.size - vocabulary < blocks.width
    flat = blocks.bias.ravel()
    assert np.flatnonzero(flat).tolist() == [0, *range(vocabulary - 1, blocks.size)]
    assert set(blocks.touched) == {one // blocks.width for one in np.flatnonzero(flat)}


@pytest.mark.parametrize("vocabulary", [9700, 10_000, 10_240, 32_000])
def test_a_usual_vocabulary_needs_no_padding(vocabulary):
    blocks = cut_blocks(vocabulary, [0])
    assert blocks.size == vocabulary
    assert 50 < blocks.width < 400
