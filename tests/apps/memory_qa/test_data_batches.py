"""Training batches of stories: right rows in right places, the same for the same number."""

import random
from collections import Counter

import numpy as np
import pytest

from apps.memory_qa.data import Example, Item, StoryBatches, StoryPreprocessing

MEMORY = 20


def stories(count: int, longest: int = 30) -> list[Example]:
    """Stories whose sentences are numbered, so that a row of ids says which sentence it is."""
    chance = random.Random(1)
    return [
        Example(
            tuple(f"s{place} told" for place in range(chance.randint(1, longest))),
            f"q{number}?",
            f"a{number % 7}",
        )
        for number in range(count)
    ]


EXAMPLES = stories(150)
PREPROCESSING = StoryPreprocessing.fit(EXAMPLES, max_words=5, memory_size=MEMORY)


def batches(**options) -> StoryBatches:
    return StoryBatches(EXAMPLES, PREPROCESSING, **{"batch_size": 16, "seed": 3, **options})


def told(story_ids: np.ndarray) -> list[list[str]]:
    """The first word of each memory, "" for an empty one."""
    words = ("", *PREPROCESSING.vocabulary.words[1:])
    return [[words[row[0]] for row in story] for story in story_ids]


def test_batches_hold_what_encode_gives():
    source = batches(shuffle=False)
    seen = []
    for index in range(len(source)):
        rows, (inputs, targets) = source.rows(index), source[index]
        items = [Item(EXAMPLES[row].story, EXAMPLES[row].question) for row in rows]
        wanted = PREPROCESSING.encode(items)
        sentences, words = wanted["story_ids"].shape[1:]
        np.testing.assert_array_equal(
            inputs["story_ids"][:, -sentences:, :words], wanted["story_ids"]
        )
        np.testing.assert_array_equal(inputs["question_ids"][:, :words], wanted["question_ids"])
        assert not inputs["story_ids"][:, :-sentences].any()
        assert not inputs["story_ids"][..., words:].any()
        answers = [PREPROCESSING.answer_id(EXAMPLES[row].answer) for row in rows]
        assert targets["scores"].tolist() == answers
        seen += rows.tolist()
    assert sorted(seen) == list(range(len(EXAMPLES)))


def test_shapes_are_few_and_dtypes_are_int32():
    shapes = Counter()
    source = batches()
    for index in range(2 * len(source)):
        inputs, targets = source[index]
        shapes[inputs["story_ids"].shape[1:]] += 1
        assert inputs["story_ids"].shape[2] == inputs["question_ids"].shape[1]
        arrays = [*inputs.values(), *targets.values()]
        assert all(array.dtype == np.int32 and array.flags["C_CONTIGUOUS"] for array in arrays)
    assert {shape[0] for shape in shapes} == {4, 8, 12, 16, MEMORY}
    assert {shape[1] for shape in shapes} == {2}


def test_a_batch_is_a_function_of_seed_and_number():
    first, second, other = (batches(random_noise=0.5, seed=seed) for seed in (3, 3, 4))
    assert len(first) == 10
    for index in (25, 7, 0, 25, 13):
        for got, wanted in zip(first[index], second[index], strict=True):
            for name in wanted:
                np.testing.assert_array_equal(got[name], wanted[name])
    assert not np.array_equal(first.rows(7), other.rows(7))
    assert not np.array_equal(first.rows(7), first.rows(17))


def test_noise_moves_older_sentences_back_in_time():
    plain, noisy = batches(random_noise=0.0), batches(random_noise=0.5)
    blanks, newest_empty = Counter(), 0
    for index in range(3 * len(noisy)):
        for row, memories in zip(
            noisy.rows(index), told(noisy[index][0]["story_ids"]), strict=True
        ):
            story = [text.split()[0] for text in EXAMPLES[row].story]
            kept = [word for word in memories if word]
            # Order is kept, and what is lost is lost at the far end of a full memory.
            assert kept == story[-len(kept) :]
            first = next(place for place, word in enumerate(memories) if word)
            inserted = memories[first:].count("")
            if len(kept) < len(story):
                # The empty memories before the first are then inserted ones, too.
                assert len(memories) == MEMORY
                inserted = MEMORY - len(kept)
            assert inserted <= np.ceil(0.5 * len(story))
            newest_empty += memories[-1] == ""
            if len(story) == 10:
                blanks[inserted] += 1
    # Between none and half of ten; leading empty memories cannot be told from padding.
    assert set(blanks) <= set(range(6)) and len(blanks) >= 4
    assert newest_empty > 0
    assert told(plain[0][0]["story_ids"])[0][-1] != ""


def test_noise_is_another_one_in_each_epoch():
    one = [Example(tuple(f"s{place} told" for place in range(10)), "q0?", "a0")]
    source = StoryBatches(one, PREPROCESSING, batch_size=1, random_noise=0.5)
    seen = {tuple(told(source[epoch][0]["story_ids"])[0]) for epoch in range(20)}
    assert len(seen) > 5


def test_noise_positions_are_uniform():
    """Each place of an inserted memory is as likely as another (chi-square by hand)."""
    one = [Example(tuple(f"s{place} told" for place in range(10)), "q0?", "a0")]
    source = StoryBatches(one * 4000, PREPROCESSING, batch_size=4000, random_noise=0.1)
    memories = np.array(told(source[0][0]["story_ids"]))[:, -11:]
    with_blank = memories[(memories == "").sum(axis=1) == 1]
    places = Counter(int(np.flatnonzero(row == "")[0]) for row in with_blank)
    # Without noise the one empty place is the first; half of the stories have no noise.
    inner = [places[place] for place in range(1, 11)]
    expected = sum(inner) / 10
    assert 1500 < sum(inner) < 2200
    assert sum((count - expected) ** 2 / expected for count in inner) < 27.9


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_ablations_blank_one_side(noise):
    for index in range(3):
        whole, answers = batches(random_noise=noise)[index]
        story, story_answers = batches(random_noise=noise, ablation="story_only")[index]
        np.testing.assert_array_equal(story["story_ids"], whole["story_ids"])
        assert not story["question_ids"].any() and whole["question_ids"].any()
        np.testing.assert_array_equal(story_answers["scores"], answers["scores"])
    question = batches(random_noise=noise, ablation="question_only")
    for index in range(len(question)):
        inputs, targets = question[index]
        # Not even the length of the story may be told by the shape.
        assert inputs["story_ids"].shape[1] == 4 and not inputs["story_ids"].any()
        rows = question.rows(index)
        for place, row in enumerate(rows):
            wanted = PREPROCESSING.word_ids(EXAMPLES[row].question)
            assert inputs["question_ids"][place, : len(wanted)].tolist() == wanted
            assert targets["scores"][place] == PREPROCESSING.answer_id(EXAMPLES[row].answer)


def test_unknown_answer_gets_the_label_that_is_never_right():
    unseen = [Example(("s1 told",), "q0?", "never")]
    assert StoryBatches(unseen, PREPROCESSING, batch_size=1)[0][1]["scores"].tolist() == [1]


def test_empty_stories_and_no_examples():
    empty = StoryBatches([Example((), "q0?", "a0")], PREPROCESSING, batch_size=4, random_noise=0.5)
    assert not empty[0][0]["story_ids"].any()
    assert len(StoryBatches([], PREPROCESSING, batch_size=4)) == 0
