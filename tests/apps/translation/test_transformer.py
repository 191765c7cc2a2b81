"""The Transformer: its size by formula, its weights by name, and the step against the whole."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import ops

from apps.translation.config import PRESETS, ModelConfig
from apps.translation.model import Transformer, build_transformer
from shared.training.weights import to_array

SMALL = ModelConfig(layers=2, size=16, num_heads=2, units=24, dropout=0.0)
VOCABULARY, SOURCES = 50, 30


def built(vocabulary=VOCABULARY, sources=None, **changes):
    keras.utils.set_random_seed(1)
    shape = replace(SMALL, **changes)
    return build_transformer(shape, vocabulary_size=vocabulary, source_vocabulary_size=sources)


def parameters(config, *, vocabulary, sources=0):
    """Weights of a Transformer: tables; attention and feed-forward parts; and their norms."""
    size = config.size
    attention = 4 * (size * size + size)
    forward = 2 * size * config.units + config.units + size
    norm = 2 * size
    encoder = attention + forward + 2 * norm
    decoder = 2 * attention + forward + 3 * norm
    last = 2 * norm if config.norm_first else 0
    return (vocabulary + sources) * size + config.layers * (encoder + decoder) + last


@pytest.mark.parametrize("norm_first", [False, True])
@pytest.mark.parametrize("sources", [None, SOURCES])
def test_the_formula_counts_the_weights_of_small_ones(norm_first, sources):
    model = built(sources=sources, norm_first=norm_first)
    config = replace(SMALL, norm_first=norm_first)
    expected = parameters(config, vocabulary=VOCABULARY, sources=sources or 0)
    assert model.count_params() == expected


@pytest.mark.parametrize(
    ("preset", "vocabulary", "exact", "published"),
    [
        # Vaswani et al. 2017, table 3, in millions; it does not say what it counts. Ours are one
        # table of about 37,000 rows, which is the logits' too, 6 + 6 blocks, and fixed places.
        ("transformer_base", 37_000, 63_082_496, 65),
        ("transformer_big", 37_000, 214_245_376, 213),
        ("small", 10_000, 36_663_296, None),
        ("base", 6_000, 2_093_568, None),
    ],
)
def test_the_presets_have_the_published_sizes(preset, vocabulary, exact, published):
    config = PRESETS[preset]
    assert config.tokens.vocabulary_size == vocabulary
    assert parameters(config.model, vocabulary=vocabulary) == exact
    if published:
        assert exact == pytest.approx(published * 1e6, rel=0.03)


def test_the_weights_of_a_joint_one_keep_their_names():
    """Runs are restored by these, so no release may change them."""
    names = {variable.path.partition("/")[2] for variable in built().weights}
    assert {
        "embedding/table",
        "encoder_0/attention/query/kernel",
        "encoder_1/attention/key_value/bias",
        "decoder_1/cross_attention/output/kernel",
    } <= names
    assert not any(name.startswith("source") for name in names)
    names |= {"source_embedding/table"}
    assert {variable.path.partition("/")[2] for variable in built(sources=SOURCES).weights} == names


def inputs(seed=0):
    random = np.random.default_rng(seed)
    source_ids = random.integers(4, SOURCES, (3, 7)).astype(np.int32)
    source_ids[1, 5:] = source_ids[2, 2:] = 0
    target_ids = random.integers(4, VOCABULARY, (3, 5)).astype(np.int32)
    target_ids[:, 0] = 2
    return {"source_ids": source_ids, "target_ids": target_ids}


@pytest.mark.parametrize("sources", [None, SOURCES])
@pytest.mark.parametrize("norm_first", [False, True])
def test_steps_give_the_logits_of_the_whole(norm_first, sources):
    model, given = built(sources=sources, norm_first=norm_first), inputs()
    whole = ops.convert_to_numpy(model(given))
    memory, mask = model.encode(given["source_ids"])
    step, state = model.stepper(memory, mask, 5), model.init_state(3, 5)
    for position in range(5):
        ids = ops.convert_to_tensor(given["target_ids"][:, position])
        logits, state, attention = step(ids, position, state)
        np.testing.assert_allclose(logits, whole[:, position], atol=1e-5)
        seen = ops.convert_to_numpy(attention)
        np.testing.assert_allclose(seen.sum(-1), 1.0, atol=1e-5)
        assert (seen[1, 5:] == 0).all() and (seen[2, 2:] == 0).all()


def test_what_a_token_can_see():
    model, given = built(), inputs()
    before = ops.convert_to_numpy(model(given))

    def changed(name, row, place):
        other = {key: value.copy() for key, value in given.items()}
        other[name] = np.pad(other[name], ((0, 0), (0, 1))) if place is None else other[name]
        if place is not None:
            other[name][row, place] = 9 if other[name][row, place] != 9 else 8
        return np.abs(ops.convert_to_numpy(model(other))[:, :5] - before).max(-1) > 1e-6

    # Longer padding changes nothing; a source token changes its row; a target token those behind.
    assert not changed("source_ids", None, None).any()
    assert changed("source_ids", 1, 4).tolist() == [[False] * 5, [True] * 5, [False] * 5]
    assert (
        changed("target_ids", 0, 2).tolist()
        == [[False, False, True, True, True]] + [[False] * 5] * 2
    )


def test_each_table_serves_its_own_side():
    model, given = built(sources=SOURCES), inputs()
    before = ops.convert_to_numpy(model(given))
    table = to_array(model.embedding.table)
    # No source has this id of the target; as an input it is not used, as an answer it is.
    unused = next(one for one in range(40, VOCABULARY) if one not in given["target_ids"])
    table[unused] += np.arange(16) / 16
    model.embedding.table.assign(table)
    after = ops.convert_to_numpy(model(given))
    changed = (np.abs(after - before) > 1e-6).any((0, 1))
    assert changed.nonzero()[0].tolist() == [unused]
    sources = to_array(model.source_embedding.table)
    sources[given["source_ids"][0, 0]] += np.arange(16) / 16
    model.source_embedding.table.assign(sources)
    assert (np.abs(ops.convert_to_numpy(model(given))[0] - after[0]) > 1e-6).all()


def test_a_copy_from_its_configuration():
    model = built(sources=SOURCES, norm_first=True)
    copy = Transformer.from_config(model.get_config())
    copy.build()
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(copy(inputs()), model(inputs()))
