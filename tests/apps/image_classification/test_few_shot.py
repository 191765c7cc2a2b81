"""A few pictures of each class: the same each time, and more hold the fewer."""

from collections import Counter

from apps.image_classification.few_shot import draw_shots
from apps.image_classification.sample import draw

TRAIN = draw(0, 6, 16)


def test_each_class_gives_as_many_as_it_has():
    for count in (1, 4, 9):
        chosen = draw_shots(TRAIN, count, seed=3)
        assert set(Counter(one.label for one in chosen).values()) == {min(count, 6)}
        assert chosen == [one for one in TRAIN if one in chosen]


def test_the_choice_depends_on_seed_and_content_alone():
    first = draw_shots(TRAIN, 2, seed=3)
    assert set(map(repr, first)) == set(map(repr, draw_shots(TRAIN[::-1], 2, seed=3)))
    assert first != draw_shots(TRAIN, 2, seed=4)
    assert set(map(repr, first)) < set(map(repr, draw_shots(TRAIN, 3, seed=3)))
