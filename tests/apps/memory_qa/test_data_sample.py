"""The sample: answers checked by a reader of its own, which sees nothing but the sentences."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from apps.memory_qa.sample import TASKS, sample_stories

SPLITS = sample_stories(seed=11, counts={"train": 150, "validation": 30, "test": 30})
MOVE = re.compile(r"(\w+) (?:walked|hurried|climbed).* the (\w+)\.")
TAKE = re.compile(r"(\w+) (?:picked up|lifted) the (\w+)\.")
DROP = re.compile(r"(\w+) (?:put down|let go of) the (\w+)\.")


def state(story):
    """Where people and things are and who holds what, from the sentences alone."""
    room, holder, left = {}, {}, {}
    for sentence in story:
        if match := MOVE.fullmatch(sentence):
            person, where = match.groups()
            assert room.get(person) != where
            room[person] = where
        elif match := TAKE.fullmatch(sentence):
            person, thing = match.groups()
            assert thing not in holder and person not in holder.values()
            # A thing is taken where it lies.
            assert left.get(thing, room[person]) == room[person]
            holder[thing] = person
        else:
            person, thing = DROP.fullmatch(sentence).groups()
            assert holder.pop(thing) == person
            left[thing] = room[person]
    return room, holder, left


def read_answer(story, question):
    room, holder, left = state(story)
    if match := re.fullmatch(r"In which room is the (\w+)\?", question):
        thing = match[1]
        return room[holder[thing]] if thing in holder else left[thing]
    if match := re.fullmatch(r"In which room is (\w+)\?", question):
        return room[match[1]]
    if match := re.fullmatch(r"Is (\w+) in the (\w+)\?", question):
        return "yes" if room[match[1]] == match[2] else "no"
    person = re.fullmatch(r"What does (\w+) hold\?", question)[1]
    return {one: thing for thing, one in holder.items()}.get(person, "nothing")


def all_examples():
    return [e for stories in SPLITS.values() for story in stories for e in story]


def test_every_answer_is_right():
    for example in all_examples():
        assert read_answer(example.story, example.question) == example.answer


def test_supporting_facts_alone_give_the_answer():
    for example in all_examples():
        facts = [example.story[place] for place in example.support]
        assert list(example.support) == sorted(set(example.support)) and facts
        if example.task == "where_is_person":
            assert read_answer(facts, example.question) == example.answer
        elif example.task == "where_is_thing":
            # The last room told of among the facts is where the thing is.
            rooms = [match[2] for fact in facts if (match := MOVE.fullmatch(fact))]
            assert rooms[-1] == example.answer
        elif example.task == "is_person_there":
            assert (example.answer == "yes") == (example.question.split()[-1][:-1] in facts[0])
        else:
            taken = TAKE.fullmatch(facts[0])
            assert example.answer == (taken[2] if taken else "nothing")


def test_no_story_is_in_two_splits_and_none_twice():
    complete = [story[-1].story for stories in SPLITS.values() for story in stories]
    assert len(set(complete)) == len(complete) == 4 * 210


def test_short_stories_are_not_repeated_either(monkeypatch):
    for name, task in TASKS.items():
        monkeypatch.setitem(TASKS, name, replace(task, events=2))
    stories = sample_stories(seed=0, counts={"train": 60, "test": 60})
    complete = [story[-1].story for told in stories.values() for story in told]
    assert len(set(complete)) == len(complete) == 4 * 120


def test_answers_cannot_be_guessed():
    for task in TASKS:
        answers = Counter(e.answer for e in all_examples() if e.task == task)
        assert len(answers) >= 2
        assert max(answers.values()) / answers.total() < 0.6, (task, answers)


@pytest.mark.parametrize("seed", [0, 1])
def test_the_seed_decides(seed):
    counts = {"train": 5, "test": 2}
    assert sample_stories(seed, counts=counts) == sample_stories(seed, counts=counts)
    assert sample_stories(seed, counts=counts) != sample_stories(seed + 1, counts=counts)
