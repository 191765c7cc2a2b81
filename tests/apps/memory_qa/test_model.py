"""MemN2N against a slow one in numpy, and the conventions of a story it promises."""

import itertools
import json
from typing import Any

import keras
import numpy as np
import pytest

from apps.memory_qa.config import ModelConfig
from apps.memory_qa.model import MemN2N, build_memn2n
from shared.testing.layer_case import to_arrays

V, D, HOPS, MEMORY = 11, 6, 3, 4


def build(**settings: Any) -> MemN2N:
    """Returns a network whose weights are large enough for mistakes to show."""
    defaults = {
        "vocabulary_size": V,
        "hops": HOPS,
        "embedding_size": D,
        "memory_size": MEMORY,
        "name": "memn2n",
    }
    model = MemN2N(**{**defaults, **settings})
    random = np.random.default_rng(3)
    for weight in model.weights:
        weight.assign(random.normal(0.0, 0.5, weight.shape).astype("float32"))
    return model


def run(model: MemN2N, story: Any, question: Any) -> tuple[np.ndarray, np.ndarray]:
    """Answers one story, given as nested lists."""
    outputs = model(
        {
            "story_ids": np.array([story], "int32"),
            "question_ids": np.array([question], "int32"),
        }
    )
    scores, attention = to_arrays([outputs["scores"], outputs["attention"]])
    return scores[0], attention[0]


# Newest sentence last; padding first, inside a sentence, and an empty memory in the middle.
STORY = [[0, 0, 0, 0], [2, 3, 4, 0], [5, 2, 0, 0], [0, 0, 0, 0], [6, 7, 8, 9], [10, 0, 0, 0]]
QUESTION = [3, 8, 0]


def oracle(
    model: MemN2N, story: list[list[int]], question: list[int], *, linear: bool
) -> tuple[np.ndarray, np.ndarray]:
    """Computes scores (V,) and attention (K, N) with loops, from the equations of the paper."""
    weights = dict(zip([w.path for w in model.weights], to_arrays(model.weights), strict=True))
    settings = model.settings

    def sentence(table: np.ndarray, ids: list[int]) -> np.ndarray:
        words = [token for token in ids if token != 0]
        total = np.zeros(D)
        for j, token in enumerate(words, start=1):
            for k in range(1, D + 1):
                here = (1 - j / len(words)) - (k / D) * (1 - 2 * j / len(words))
                weight = here if settings["position_encoding"] else 1.0
                total[k - 1] += weight * table[token, k - 1]
        return total

    def memory(name: str) -> np.ndarray:
        rows = []
        for i, ids in enumerate(story):
            row = sentence(weights[f"words_{name}/embeddings"], ids)
            if settings["temporal_encoding"]:
                age = min(len(story) - 1 - i, MEMORY - 1)
                row = row + weights[f"ages_{name}/ages"][age]
            rows.append(row)
        return np.array(rows)

    layer_wise = settings["tying"] == "layer_wise"
    asked = "words_question" if layer_wise else "words_0"
    u = sentence(weights[f"{asked}/embeddings"], question)
    attention = []
    for k in range(HOPS):
        m = memory("input" if layer_wise else str(k))
        c = memory("output" if layer_wise else str(k + 1))
        p = np.zeros(len(story))
        real = [i for i, ids in enumerate(story) if any(ids)]
        for i in real:
            p[i] = u @ m[i] if linear else np.exp(u @ m[i])
        if not linear and real:
            p /= p.sum()
        o = sum((p[i] * c[i] for i in real), np.zeros(D))
        u = (u @ weights["hop/projection"] if layer_wise else u) + o
        if settings["nonlinear"]:
            half = len(u) // 2
            u = np.concatenate([u[:half], np.maximum(u[half:], 0.0)])
        attention.append(p)
    w = weights["answer/kernel"] if layer_wise else weights[f"words_{HOPS}/embeddings"].T
    return u @ w, np.array(attention)


@pytest.mark.parametrize(
    ("tying", "position_encoding", "temporal_encoding", "linear"),
    list(itertools.product(["adjacent", "layer_wise"], *[[True, False]] * 3)),
)
def test_equals_the_equations(
    tying: str, position_encoding: bool, temporal_encoding: bool, linear: bool
) -> None:
    model = build(
        tying=tying, position_encoding=position_encoding, temporal_encoding=temporal_encoding
    )
    model.linear = linear
    scores, attention = run(model, STORY, QUESTION)
    expected_scores, expected_attention = oracle(model, STORY, QUESTION, linear=linear)
    np.testing.assert_allclose(attention, expected_attention, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(scores, expected_scores, rtol=1e-4, atol=1e-5)


def test_nonlinear_equals_the_equations() -> None:
    model = build(nonlinear=True)
    scores, _ = run(model, STORY, QUESTION)
    np.testing.assert_allclose(
        scores, oracle(model, STORY, QUESTION, linear=False)[0], rtol=1e-4, atol=1e-5
    )


def test_mixed_batch_is_answered_as_one_by_one() -> None:
    model = build()
    stories = [[[2, 3]], [[4, 5, 6], [7], [8, 9]], [[10, 2, 3, 4], [5, 6]], []]
    questions = [[3], [4, 5, 6], [7, 8], [9]]
    story_ids = np.zeros((4, 5, 6), "int32")
    question_ids = np.zeros((4, 4), "int32")
    for row, (story, question) in enumerate(zip(stories, questions, strict=True)):
        for i, sentence in enumerate(story, start=5 - len(story)):
            story_ids[row, i, : len(sentence)] = sentence
        question_ids[row, : len(question)] = question
    batch = model.predict({"story_ids": story_ids, "question_ids": question_ids}, verbose=0)
    for row, (story, question) in enumerate(zip(stories, questions, strict=True)):
        longest = max(map(len, story), default=1)
        alone = [sentence + [0] * (longest - len(sentence)) for sentence in story] or [[0]]
        scores, attention = run(model, alone, question)
        np.testing.assert_allclose(batch["scores"][row], scores, atol=1e-5)
        np.testing.assert_allclose(
            batch["attention"][row, :, 5 - len(alone) :], attention, atol=1e-6
        )
        assert not batch["attention"][row, :, : 5 - len(alone)].any()


def test_leading_padding_is_invisible_and_a_dummy_shifts_time() -> None:
    model = build()
    plain, attention = run(model, [[2, 3], [4, 5]], QUESTION)
    padded, _ = run(model, [[0, 0], [0, 0], [2, 3], [4, 5]], QUESTION)
    np.testing.assert_allclose(padded, plain, atol=1e-6)
    shifted, noisy = run(model, [[2, 3], [0, 0], [4, 5]], QUESTION)
    assert np.abs(shifted - plain).max() > 1e-3
    assert not noisy[:, 1].any()
    np.testing.assert_allclose(attention.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(noisy.sum(axis=1), 1.0, atol=1e-6)


def test_words_of_a_real_sentence_count_in_their_order() -> None:
    model = build()
    one, _ = run(model, [[2, 3, 0]], QUESTION)
    other, _ = run(model, [[3, 2, 0]], QUESTION)
    gap, _ = run(model, [[0, 2, 3]], QUESTION)
    assert np.abs(one - other).max() > 1e-3
    np.testing.assert_allclose(one, gap, atol=1e-6)


def test_row_of_padding_in_the_tables_changes_nothing() -> None:
    model = build()
    scores, attention = run(model, STORY, QUESTION)
    for weight in model.weights:
        if weight.path.startswith("words_"):
            table = to_arrays(weight)[0]
            table[0] = 100.0
            weight.assign(table)
    after = run(model, STORY, QUESTION)
    np.testing.assert_array_equal(after[1], attention)
    # Only the score of padding itself comes from that row.
    np.testing.assert_array_equal(after[0][1:], scores[1:])


def test_sentences_beyond_the_memory_share_the_oldest_age() -> None:
    model = build()
    story = [[i + 2, i + 3] for i in range(MEMORY + 3)]
    scores, attention = run(model, story, QUESTION)
    expected_scores, expected_attention = oracle(model, story, QUESTION, linear=False)
    np.testing.assert_allclose(attention, expected_attention, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(scores, expected_scores, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("policy", ["float32", "float16", "mixed_float16", "mixed_bfloat16"])
def test_empty_story_is_finite_and_answers_from_the_question(policy: str) -> None:
    model = build(dtype=policy)
    scores, attention = run(model, [[0, 0], [0, 0]], QUESTION)
    assert not attention.any()
    expected, _ = oracle(build(), [[0, 0], [0, 0]], QUESTION, linear=False)
    np.testing.assert_allclose(scores, expected, atol=1e-5 if policy == "float32" else 0.1)
    assert scores.dtype == attention.dtype == np.float32


@pytest.mark.parametrize("policy", ["float32", "mixed_float16", "mixed_bfloat16"])
@pytest.mark.parametrize("linear", [False, True])
def test_training_step_on_an_empty_story_is_finite(policy: str, linear: bool) -> None:
    model = build(dtype=policy)
    model.linear = linear
    model.compile(
        optimizer=keras.optimizers.SGD(0.1),
        loss={"scores": keras.losses.SparseCategoricalCrossentropy(from_logits=True)},
    )
    before = to_arrays(model.weights)
    story_ids = np.array([[[0, 0], [0, 0]], [[2, 3], [4, 5]]], "int32")
    for ids in (story_ids, np.zeros_like(story_ids)):
        inputs = {"story_ids": ids, "question_ids": np.array([[4, 5], [6, 0]], "int32")}
        loss = model.train_on_batch(inputs, {"scores": np.array([7, 8], "int32")})
        assert np.isfinite(loss)
    after = to_arrays(model.weights)
    assert all(np.isfinite(weight).all() for weight in after)
    if not (linear and policy == "mixed_float16"):  # there loss scaling skips the first steps
        assert all((a != b).any() for a, b in zip(before, after, strict=True))


def test_linear_takes_effect_after_predict_and_is_not_stored() -> None:
    model = build()
    inputs = {
        "story_ids": np.array([STORY], "int32"),
        "question_ids": np.array([QUESTION], "int32"),
    }
    softmax = model.predict(inputs, verbose=0)["attention"]
    model.linear = True
    linear = model.predict(inputs, verbose=0)["attention"]
    assert model.linear
    np.testing.assert_allclose(
        linear[0], oracle(model, STORY, QUESTION, linear=True)[1], rtol=1e-4, atol=1e-5
    )
    assert not MemN2N.from_config(model.get_config()).linear
    model.linear = False
    np.testing.assert_array_equal(model.predict(inputs, verbose=0)["attention"], softmax)


@pytest.mark.parametrize(
    ("tying", "paths"),
    [
        (
            "adjacent",
            {f"words_{i}/embeddings" for i in range(3)} | {f"ages_{i}/ages" for i in range(3)},
        ),
        (
            "layer_wise",
            {
                "words_input/embeddings",
                "words_output/embeddings",
                "words_question/embeddings",
                "ages_input/ages",
                "ages_output/ages",
                "hop/projection",
                "answer/kernel",
            },
        ),
    ],
)
def test_weights_have_stable_names_and_the_initial_spread(tying: str, paths: set[str]) -> None:
    for _ in range(2):
        model = MemN2N(vocabulary_size=400, hops=2, embedding_size=60, memory_size=200, tying=tying)
        assert {weight.path for weight in model.weights} == paths
        for values in to_arrays(model.weights):
            assert abs(values.std() - 0.1) < 0.005
            assert abs(values.mean()) < 0.01


def test_build_from_the_configuration() -> None:
    config = ModelConfig(hops=2, embedding_size=7, tying="layer_wise", memory_size=5)
    model = build_memn2n(config, vocabulary_size=13)
    assert model.settings["hops"] == 2
    assert {tuple(w.shape) for w in model.weights} == {(13, 7), (5, 7), (7, 7), (7, 13)}
    assert keras.saving.get_registered_name(MemN2N) == "brickyard>MemN2N"
    config_again = json.loads(json.dumps(model.get_config()))
    assert MemN2N.from_config(config_again).get_config() == model.get_config()


def test_inputs_have_names_types_and_free_lengths() -> None:
    model = build()
    assert {name: (x.shape, x.dtype) for name, x in model.input.items()} == {
        "story_ids": ((None, None, None), "int32"),
        "question_ids": ((None, None), "int32"),
    }
    assert {name: (x.shape, x.dtype) for name, x in model.output.items()} == {
        "scores": ((None, V), "float32"),
        "attention": ((None, HOPS, None), "float32"),
    }


def test_every_impossible_setting_is_named() -> None:
    with pytest.raises(ValueError, match=r"hops of at least 1, received 0.*tying 'adjacent'"):
        build(hops=0, tying="circular")
