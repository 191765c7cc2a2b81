"""Captions of a scene: five true ones, in words of their own."""

import random
from collections import Counter

from apps.image_captioning.scenes.scene import Scene, Thing
from apps.image_captioning.scenes.sentence import Phrase
from apps.image_captioning.scenes.words import NUMBERS, PLACES, RELATIONS

CAPTIONS = 5
_COUNTED = {count: number for number, count in NUMBERS.items()}


def write_captions(scene: Scene, chance: random.Random) -> tuple[str, ...]:
    """Returns five different captions, each of them true.

    The first names every figure; the others tell kinds, a number, a place, and, where there are two
    figures, how they stand to each other.
    """
    forms = [_everything, _kinds, _counted, _placed]
    forms.append(_related if len(scene.things) > 1 else _everything)
    captions: dict[str, None] = {}
    for wanted, form in enumerate(forms, start=1):
        write = form
        while len(captions) < wanted:
            captions[_as_sentence(write(scene, chance))] = None
            # Of a single figure there is little to say of each sort, but enough of all.
            write = chance.choice(forms)
    return tuple(captions)


def _as_sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


def _everything(scene: Scene, chance: random.Random) -> str:
    kinds = Counter((one.size, one.colour, one.shape) for one in _in_order(scene))
    phrases = [Phrase(_number(count), *kind) for kind, count in kinds.items()]
    return _inventory(phrases, scene.ground, chance)


def _kinds(scene: Scene, chance: random.Random) -> str:
    kinds = Counter((one.colour, one.shape) for one in _in_order(scene))
    phrases = [Phrase(_number(count), "", *kind) for kind, count in kinds.items()]
    return _inventory(phrases, chance.choice(("", scene.ground)), chance)


def _counted(scene: Scene, chance: random.Random) -> str:
    like = chance.choice(scene.things)
    size, colour, shape = chance.choice(
        [("", "", ""), ("", like.colour, ""), ("", "", like.shape), (like.size, "", "")]
    )
    count = sum(Phrase("a", size, colour, shape).describes(one) for one in scene.things)
    phrase = Phrase(_COUNTED[count], size, colour, shape)
    verb = "are" if phrase.plural else "is"
    ground = chance.choice(("", f" on a {scene.ground} background"))
    return f"there {verb} {phrase}{ground}"


def _placed(scene: Scene, chance: random.Random) -> str:
    thing = chance.choice(scene.things)
    place = chance.choice([place for place, there in PLACES.items() if there(thing)])
    phrase = _mention(thing, scene, chance)
    if chance.random() < 0.5:
        return f"{phrase} is {place}"
    return f"there is {Phrase('a', phrase.size, phrase.colour, phrase.shape, place)}"


def _related(scene: Scene, chance: random.Random) -> str:
    pairs = [
        (one, relation, other)
        for one in scene.things
        for other in scene.things
        for relation, stands in RELATIONS.items()
        if stands(one, other)
    ]
    one, relation, other = chance.choice(pairs)
    subject, mate = _mention(one, scene, chance), _mention(other, scene, chance)
    return f"{subject} is {relation} {mate}"


def _mention(thing: Thing, scene: Scene, chance: random.Random) -> Phrase:
    """Names a figure by its colour and shape, and perhaps its size; "the" where it alone is so."""
    phrase = Phrase("the", chance.choice(("", thing.size)), thing.colour, thing.shape)
    if not phrase.groups(scene):
        return Phrase("a", phrase.size, phrase.colour, phrase.shape)
    return phrase


def _inventory(phrases: list[Phrase], ground: str, chance: random.Random) -> str:
    *most, last = map(str, phrases)
    things = f"{', '.join(most)} and {last}" if most else last
    there = f"there {'are' if phrases[0].plural else 'is'} "
    lead = chance.choice(("", there, "a picture of ", "this picture shows "))
    return f"{lead}{things}{f' on a {ground} background' if ground else ''}"


def _in_order(scene: Scene) -> list[Thing]:
    """Returns the figures as one reads: row by row, from the left."""
    return sorted(scene.things, key=lambda one: (one.row, one.column))


def _number(count: int) -> str:
    return "a" if count == 1 else _COUNTED[count]
