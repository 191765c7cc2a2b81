"""Beam search against exhaustive search, greedy search and itself."""

import numpy as np
import pytest
from history_step import END, SOURCE, START, HistoryStep, arrays, listed, penalty
from keras import ops

from shared.decoding.beam_search import beam_search
from shared.decoding.greedy import greedy_search


def search(step, *, width, items=slice(None), **options):
    state = step.begin(width, items)
    options = {"batch": len(step.items[items]), "max_steps": 5, **options}
    return beam_search(step, state, beam_width=width, start_id=START, end_id=END, **options)


@pytest.mark.parametrize("alpha", [-0.5, 0.0, 0.6, 1.0, 2.0])
def test_a_wide_beam_finds_what_exhaustive_search_finds(alpha):
    step = HistoryStep(6, items=3, seed=1)
    found = search(step, width=90, n_best=8, patience=None, length_penalty=alpha, max_steps=4)
    for item in range(3):
        scored = sorted(
            ((step.log_probability(item, ids) / penalty(len(ids), alpha), ids))
            for ids in step.all_finished(4)
        )[::-1][:8]
        assert [tuple(listed(found, item, n)) for n in range(8)] == [ids for _, ids in scored]
        np.testing.assert_allclose(found.score[item], [score for score, _ in scored], rtol=1e-5)
        sums = [step.log_probability(item, ids) for _, ids in scored]
        np.testing.assert_allclose(found.log_probability[item], sums, rtol=1e-5)
    assert ops.convert_to_numpy(found.finished).all()


def test_coverage_ranks_as_exhaustive_search_does():
    step = HistoryStep(6, items=2, seed=4)
    mask = np.array([[1, 1, 1, 0], [1, 1, 0, 0]], bool)
    found = search(
        step, width=90, n_best=5, patience=None, length_penalty=0.7, coverage_penalty=0.4,
        source_mask=mask, max_steps=4,
    )  # fmt: skip
    for item in range(2):

        def score(ids, item=item):
            seen = step.trace(item, ids)[1].sum(axis=0)
            cover = 0.4 * np.log(np.minimum(seen, 1.0))[mask[item]].sum()
            return step.log_probability(item, ids) / penalty(len(ids), 0.7) + cover

        best = sorted(step.all_finished(4), key=score, reverse=True)[:5]
        assert [tuple(listed(found, item, n)) for n in range(5)] == best
        np.testing.assert_allclose(found.score[item], [score(ids) for ids in best], rtol=1e-4)


def slow_search(step, item, *, width, limit, alpha, enough, n_best):
    """The same search over Python lists, with no bound: it stops at `enough` or the limit."""
    live, done = [(0.0, ())], []
    for _ in range(limit):
        going, ends = [], []
        for total, ids in live:
            row = step.trace(item, (*ids, 0))[0][-1]
            ends.append((total + row[END], (*ids, END)))
            going += [
                (total + row[one], (*ids, one))
                for one in range(step.vocabulary)
                if one not in (0, START, END)
            ]
        live = sorted(going, reverse=True)[:width]
        done += [one for one in sorted(going + ends, reverse=True)[:width] if one[1][-1] == END]
        if len(done) >= enough:
            break
    ranked = sorted(((s / penalty(len(ids), alpha), ids) for s, ids in done), reverse=True)
    cut = [(total / penalty(limit, alpha), ids) for total, ids in live]
    return (ranked + cut)[:n_best]


@pytest.mark.parametrize("patience", [None, 1.0, 2.0])
@pytest.mark.parametrize("alpha", [0.0, 0.6, 1.5])
def test_stopping_early_and_freezing_lose_nothing(alpha, patience):
    step = HistoryStep(9, items=6, seed=7, sharpness=1.0)
    found = search(step, width=3, n_best=2, patience=patience, length_penalty=alpha, max_steps=12)
    enough = 10**9 if patience is None else 3 * patience
    for item in range(6):
        slow = slow_search(step, item, width=3, limit=12, alpha=alpha, enough=enough, n_best=2)
        assert [tuple(listed(found, item, n)) for n in range(2)] == [ids for _, ids in slow]
        np.testing.assert_allclose(found.score[item], [score for score, _ in slow], rtol=1e-5)


def test_the_bound_stops_the_loop():
    step, calls = HistoryStep(9, items=2, seed=2, sharpness=1.0), []

    def counted(*arguments):
        calls.append(1)
        return step(*arguments)

    beam_search(
        counted, step.begin(3), batch=2, beam_width=3, start_id=START, end_id=END, max_steps=39,
        patience=None, length_penalty=0.0,
    )  # fmt: skip
    assert len(calls) < 39


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_width_one_is_greedy(alpha):
    step = HistoryStep(12, items=20, seed=3)
    options = {"start_id": START, "end_id": END, "max_steps": 15, "length_penalty": alpha}
    greedy = greedy_search(step, step.begin(1), batch=20, **options, source_size=SOURCE)
    mask = np.ones((20, SOURCE), bool)
    beam = search(
        step, width=1, max_steps=15, length_penalty=alpha, source_mask=mask, with_attention=True
    )
    for one, other in zip(arrays(greedy), arrays(beam), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    assert 0 < ops.convert_to_numpy(beam.finished).sum() < 20


def test_a_batch_of_mixed_limits_equals_one_by_one():
    step = HistoryStep(12, items=5, seed=5)
    limits = np.array([1, 12, 3, 7, 2], "int32")
    mask = np.ones((5, SOURCE), bool)
    options = {"width": 4, "n_best": 3, "with_attention": True, "coverage_penalty": 0.3}
    together = search(step, max_steps=12, max_lengths=limits, source_mask=mask, **options)
    for item in range(5):
        limit = int(limits[item])
        alone = search(
            step,
            items=slice(item, item + 1),
            max_steps=limit,
            source_mask=mask[:1],
            **options,
        )
        assert ops.convert_to_numpy(alone.lengths).max() <= limit
        for one, all_of_them in zip(arrays(alone), arrays(together), strict=True):
            part = all_of_them[item]
            if one.ndim > 2:
                assert not part[:, limit:].any()
                part = part[:, :limit]
            np.testing.assert_allclose(one[0], part, rtol=1e-5, atol=1e-6)


def test_what_is_cut_is_returned_as_it_is():
    step = HistoryStep(8, items=2, seed=6)
    step.output[:, END] = 0.0
    step.output[:, 1] = 0.0

    def endless(ids, position, state):
        logits, state, attention = step(ids, position, state)
        return logits - 100.0 * (np.arange(8) == END), state, attention

    found = beam_search(
        endless, step.begin(3), batch=2, beam_width=3, start_id=START, end_id=END, max_steps=4,
        n_best=3,
    )  # fmt: skip
    assert not ops.convert_to_numpy(found.finished).any()
    assert (ops.convert_to_numpy(found.lengths) == 4).all()
    assert END not in ops.convert_to_numpy(found.token_ids)
    assert all(np.isfinite(value).all() for value in arrays(found)[:-1])


def test_finished_ones_stand_before_cut_ones_and_each_kind_is_sorted():
    step = HistoryStep(30, items=40, seed=7, sharpness=1.0)
    found = search(step, width=4, n_best=4, max_steps=6, patience=3.0)
    finished, score = ops.convert_to_numpy(found.finished), ops.convert_to_numpy(found.score)
    assert (np.diff(finished.astype(int)) <= 0).all()
    assert 0 < finished.sum() < finished.size
    for kinds, scores in zip(finished, score, strict=True):
        assert (np.diff(scores[kinds]) <= 0).all() and (np.diff(scores[~kinds]) <= 0).all()
    assert len({tuple(listed(found, 0, n)) for n in range(4)}) == 4


def test_attention_follows_its_sequence():
    step = HistoryStep(10, items=4, seed=8)
    mask = np.ones((4, SOURCE), bool)
    found = search(step, width=5, n_best=5, max_steps=8, source_mask=mask, with_attention=True)
    attention = ops.convert_to_numpy(found.attention)
    for item in range(4):
        for n in range(5):
            ids = listed(found, item, n)
            expected = step.trace(item, ids)[1]
            np.testing.assert_allclose(attention[item, n, : len(ids)], expected, atol=1e-5)
            assert not attention[item, n, len(ids) :].any()
            total = float(found.log_probability[item, n])
            assert total == pytest.approx(step.log_probability(item, ids), rel=1e-5)


def test_blocked_ids_are_never_written_and_probabilities_stay():
    step = HistoryStep(10, items=4, seed=9)
    free = search(step, width=3, n_best=3, max_steps=8)
    written = set(ops.convert_to_numpy(free.token_ids).ravel().tolist())
    often = max(written - {0, END})
    found = search(step, width=3, n_best=3, max_steps=8, blocked_ids=[often])
    assert not {START, often} & set(ops.convert_to_numpy(found.token_ids).ravel().tolist())
    ids = listed(found, 0)
    total = step.log_probability(0, ids)
    assert float(found.log_probability[0, 0]) == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_ngram_comes_twice(size):
    step = HistoryStep(9, items=8, seed=10, sharpness=4.0)

    def repeats(found):
        count = 0
        for item in range(8):
            ids = listed(found, item)
            grams = [tuple(ids[i : i + size]) for i in range(len(ids) - size + 1)]
            count += len(grams) - len(set(grams))
        return count

    assert repeats(search(step, width=3, max_steps=14))
    assert not repeats(search(step, width=3, max_steps=14, no_repeat_ngram=size))


def test_fewer_sequences_than_asked_for_leave_empty_places():
    step = HistoryStep(5, seed=11)  # only ids 1 and 4 can be written
    found = search(step, width=6, n_best=6, max_steps=1)
    assert ops.convert_to_numpy(found.lengths)[0].tolist() == [1, 1, 1, 0, 0, 0]
    assert ops.convert_to_numpy(found.finished)[0].tolist() == [True] + [False] * 5
    assert all(np.isfinite(value).all() for value in arrays(found)[:-1])


def test_a_reorder_of_ones_own_gives_the_same():
    step = HistoryStep(12, items=3, seed=12)

    # Buffers stay where they were written; only the row of origin is carried along.
    def noted(ids, position, state):
        hidden = ops.take(state["hidden"], state["origin"], axis=0)
        logits, new, attention = step(ids, position, {"hidden": hidden})
        return logits, {**new, "origin": np.arange(12, dtype="int32") + 0 * ids}, attention

    state = {**step.begin(4), "origin": ops.arange(12, dtype="int32")}
    found = beam_search(
        noted, state, batch=3, beam_width=4, start_id=START, end_id=END, max_steps=9, n_best=4,
        reorder=lambda state, rows: {**state, "origin": ops.take(state["origin"], rows, axis=0)},
    )  # fmt: skip
    expected = search(step, width=4, n_best=4, max_steps=9)
    for one, other in zip(arrays(found)[:-1], arrays(expected)[:-1], strict=True):
        np.testing.assert_array_equal(one, other)


def test_all_wrong_numbers_are_told_together():
    step = HistoryStep(6)
    with pytest.raises(ValueError, match=r"n_best of 1 to beam_width \(2\), received 3; source"):
        search(step, width=2, n_best=3, coverage_penalty=0.2)
    with pytest.raises(ValueError, match="beam_width of at least 1, received 0"):
        beam_search(step, {}, batch=1, beam_width=0, start_id=2, end_id=3, max_steps=4)
    with pytest.raises(ValueError, match="max_steps of at least 1, received 0"):
        search(step, width=2, max_steps=0)
