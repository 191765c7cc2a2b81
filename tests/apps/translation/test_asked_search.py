"""The search that the flags of `predict` ask for, with a network of random weights."""

from dataclasses import replace

import numpy as np
import pytest
import tensorflow as tf
from untrained_run import make_untrained_run

from apps.translation.answering.answer import BATCH_SIZE, answer, readable, translate_all
from apps.translation.answering.asked import pharaoh, prepared
from apps.translation.answering.verbs import TranslateOptions
from shared.errors import UserError
from shared.predict import predict

SENTENCES = ["She is old.", "Do you see an old owl?", "We sing."]


@pytest.fixture(scope="module", autouse=True)
def eagerly():
    """Compiles nothing: every flag makes a search of its own, and each is run once."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    return make_untrained_run(tmp_path_factory.mktemp("run"))


def asked(bundle, *sentences, batch_size=64, **flags):
    """The results of `predict` with these flags."""
    answerer = prepared(bundle, TranslateOptions("run", **flags))
    return list(predict(bundle.app, answerer, sentences or SENTENCES, batch_size=batch_size))


def texts(results):
    return [[one["translation"] for one in result["translations"]] for result in results]


def searched(bundle, **decoding):
    """What a run with these settings of its own answers."""
    config = replace(bundle.config, decoding=replace(bundle.config.decoding, **decoding))
    return readable(answer(replace(bundle, config=config, memo={}), SENTENCES))


def assert_alike(results, expected):
    assert texts(results) == texts(expected)
    for one, other in zip(results, expected, strict=True):
        assert [x["score"] for x in one["translations"]] == pytest.approx(
            [x["score"] for x in other["translations"]], abs=1e-5
        )


def test_no_flag_asks_for_the_runs_own_search(bundle):
    results = asked(bundle)
    assert_alike(results, bundle.predict(SENTENCES))
    assert all("alignments" not in result for result in results)


@pytest.mark.parametrize(
    "flags",
    [
        {"beam_width": 1},
        {"beam_width": 7, "n_best": 7},
        {"length_penalty": 0.0, "n_best": 4},
        {"no_repeat_ngram": 1, "n_best": 2},
    ],
)
def test_flags_are_settings_of_the_search(bundle, flags):
    results = asked(bundle, **flags)
    assert_alike(results, searched(bundle, **flags))
    for result in results:
        scores = [one["score"] for one in result["translations"]]
        assert scores == sorted(scores, reverse=True)
        assert len(scores) == flags.get("n_best", 1)
        assert result["answer"] == result["translations"][0]["translation"]
        tokens = len(result["alignment"]["target_tokens"])
        alpha = flags.get("length_penalty", bundle.config.decoding.length_penalty)
        assert result["score"] == pytest.approx(
            result["log_probability"] / ((5 + tokens) / 6) ** alpha, rel=1e-4
        )


def test_coverage_counts_for_the_score_and_repeats_are_left_out(bundle):
    covered = asked(bundle, coverage_penalty=0.4, n_best=3)
    assert_alike(covered, searched(bundle, coverage_penalty=0.4, n_best=3))
    for one in covered:
        tokens = len(one["alignment"]["target_tokens"])
        seen = np.minimum(np.sum(one["alignment"]["weights"], axis=0), 1.0)
        penalty = 0.4 * np.log(np.maximum(seen, 1e-6)).sum()
        assert penalty < -1e-3
        alpha = bundle.config.decoding.length_penalty
        assert one["score"] == pytest.approx(
            one["log_probability"] / ((5 + tokens) / 6) ** alpha + penalty, rel=1e-3
        )
    for flags in ({}, {"sample": True, "n_best": 3}):
        for one in asked(bundle, no_repeat_ngram=1, **flags):
            pieces = one["alignment"]["target_tokens"]
            assert len(set(pieces)) == len(pieces)
    drawn = asked(bundle, *SENTENCES * 5, sample=True)
    assert any(
        len(set(pieces)) < len(pieces)
        for pieces in (one["alignment"]["target_tokens"] for one in drawn)
    )


def test_many_sentences_keep_their_places(bundle):
    alone = {sentence: translate_all(bundle, [sentence])[0] for sentence in SENTENCES}
    sentences = [SENTENCES[place % 3] for place in range(BATCH_SIZE + 7)]
    assert translate_all(bundle, sentences) == [alone[sentence] for sentence in sentences]
    assert len(set(alone.values())) > 1


def test_sampling_from_one_piece_is_greedy(bundle):
    greedy = asked(bundle, beam_width=1)
    assert texts(asked(bundle, sample=True, top_k=1)) == texts(greedy)
    assert texts(asked(bundle, sample=True, top_p=1e-6, seed=4)) == texts(greedy)
    cold = asked(bundle, sample=True, temperature=1e-3, seed=5)
    assert_alike(cold, greedy)
    for one, other in zip(cold, greedy, strict=True):
        np.testing.assert_allclose(
            one["alignment"]["weights"], other["alignment"]["weights"], atol=1e-5
        )


def test_draws_follow_the_seed_alone(bundle):
    drawn = asked(bundle, sample=True, n_best=3)
    own = bundle.config.seed
    assert texts(drawn) == texts(asked(bundle, sample=True, n_best=3, seed=own, batch_size=2))
    assert texts(drawn) != texts(asked(bundle, sample=True, n_best=3, seed=own + 1))
    # The same sentence again is drawn anew, and so is each of its translations.
    again = texts(asked(bundle, *["We sing."] * 3, sample=True, n_best=3))
    assert len({text for group in again for text in group}) == 9
    for result in drawn:
        scores = [one["score"] for one in result["translations"]]
        assert scores == sorted(scores, reverse=True) and len(set(scores)) > 1
        assert result["answer"] == result["translations"][0]["translation"]
        assert result["score"] == scores[0]


def test_alignments_name_the_piece_that_was_looked_at_most(bundle):
    for result in asked(bundle, alignments=True, n_best=2):
        weights = np.array(result["alignment"]["weights"])
        sources, targets = weights.shape[1] - 1, len(result["alignment"]["target_tokens"])
        if result["alignment"]["target_tokens"][-1] == "</s>":
            targets -= 1
        pairs = [tuple(map(int, pair.split("-"))) for pair in result["alignments"].split()]
        assert [target for _, target in pairs] == list(range(targets))
        for source, target in pairs:
            assert weights[target, source] == weights[target, :sources].max()


def test_what_has_no_pieces_has_no_alignment():
    end = {"source_tokens": ["</s>"], "target_tokens": ["a", "</s>"], "weights": [[1.0], [1.0]]}
    assert pharaoh(end) == ""
    nothing = {"source_tokens": ["a", "</s>"], "target_tokens": ["</s>"], "weights": [[0.5, 0.5]]}
    assert pharaoh(nothing) == ""


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"n_best": 0, "beam_width": -1}, "--n-best of at least 1, received 0; --beam-width"),
        ({"n_best": 6}, "--n-best of at most the beam width 5, received 6"),
        ({"sample": True, "temperature": 0.0}, "--temperature of at least 0.001"),
        ({"sample": True, "temperature": float("nan")}, "--temperature of at least 0.001"),
        ({"sample": True, "top_p": 1.5, "top_k": 0}, "--top-p above 0 and at most 1"),
        ({"length_penalty": float("nan")}, "--length-penalty"),
        (
            {"coverage_penalty": -0.1, "no_repeat_ngram": -1},
            "--no-repeat-ngram of at least 0, received -1; --coverage-penalty of at least 0",
        ),
        ({"sample": True, "coverage_penalty": 0.1}, "--coverage-penalty only without --sample"),
        ({"sample": True, "beam_width": 3}, "--beam-width only without --sample"),
        ({"top_k": 3, "seed": 1}, "--top-k, --seed only with --sample"),
    ],
)
def test_impossible_flags_are_refused(bundle, flags, said):
    with pytest.raises(UserError, match=said):
        prepared(bundle, TranslateOptions("run", **flags))


class Export:
    """An exported model that holds the three best of each sentence."""

    def __init__(self, bundle):
        config = replace(bundle.config, decoding=replace(bundle.config.decoding, n_best=3))
        self.found = answer(replace(bundle, config=config, memo={}), SENTENCES)

    def outputs(self, items):
        places = [SENTENCES.index(item) for item in items]
        return {name: array[places] for name, array in self.found.items()}


@pytest.fixture(scope="module")
def export(bundle):
    return Export(bundle)


def test_an_exported_model_gives_what_it_holds(bundle, export):
    expected = readable(export.found)
    for n_best in (1, 3, None):
        answerer = prepared(export, TranslateOptions("m", n_best=n_best, alignments=True))
        results = list(predict(bundle.app, answerer, SENTENCES, batch_size=2))
        assert texts(results) == [one[:n_best] for one in texts(expected)]
        assert [one["alignments"] for one in results] == [
            pharaoh(one["alignment"]) for one in expected
        ]


def test_an_exported_model_is_not_asked_for_another_search(bundle, export):
    answerer = prepared(export, TranslateOptions("m", n_best=4))
    with pytest.raises(UserError, match="--n-best of at most 3"):
        list(predict(bundle.app, answerer, SENTENCES))
    for flags, named in (
        ({"beam_width": 2, "length_penalty": 1.0}, "--beam-width, --length-penalty"),
        ({"coverage_penalty": 0.0, "no_repeat_ngram": 2}, "--coverage-penalty, --no-repeat-ngram"),
        ({"sample": True, "top_k": 2}, "--sample, --top-k"),
    ):
        with pytest.raises(UserError, match=f"received {named}; ask the run"):
            prepared(export, TranslateOptions("m", **flags))
