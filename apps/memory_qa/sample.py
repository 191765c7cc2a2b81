"""Stories of our own: four kinds of question about a small house, right by construction.

The sample needs no file and no network, so the demo, the tests and a first try run anywhere. A
world of people, rooms and things is simulated from a seed; each event is told in one sentence,
and questions are answered from the state of the world, with the sentences that prove them.
`apps.memory_qa.data` offers it as the source "sample".
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from apps.memory_qa.example import Example

PEOPLE = ("Ines", "Tarek", "Olga", "Bruno")
ROOMS = ("attic", "cellar", "workshop", "library", "veranda")
THINGS = ("lantern", "teapot", "violin", "compass")
MOVES = ("{} walked to the {}.", "{} hurried into the {}.", "{} climbed up to the {}.")
TAKES = ("{} picked up the {}.", "{} lifted the {}.")
DROPS = ("{} put down the {}.", "{} let go of the {}.")
NOTHING = "nothing"
# Training, validation and test stories of each task.
COUNTS = {"train": 500, "validation": 40, "test": 40}
EVENTS_BEFORE_QUESTION = 2


@dataclass
class _World:
    """Who and what is where, and which sentences said so."""

    chance: random.Random
    story: list[str] = field(default_factory=list)
    room: dict[str, str] = field(default_factory=dict)
    holder: dict[str, str] = field(default_factory=dict)
    left_in: dict[str, str] = field(default_factory=dict)
    moved: dict[str, int] = field(default_factory=dict)
    handled: dict[str, int] = field(default_factory=dict)
    proof: dict[str, tuple[int, ...]] = field(default_factory=dict)

    def _tell(self, wordings: tuple[str, ...], person: str, what: str) -> int:
        self.story.append(self.chance.choice(wordings).format(person, what))
        return len(self.story) - 1

    def move(self) -> None:
        """Somebody goes to another room, and takes along what he or she holds."""
        person = self.chance.choice(PEOPLE)
        room = self.chance.choice([room for room in ROOMS if room != self.room.get(person)])
        self.room[person] = room
        self.moved[person] = self._tell(MOVES, person, room)

    def handle(self) -> None:
        """Somebody whose room is known puts a thing down, or takes one that lies there."""
        person = self.chance.choice(sorted(self.room))
        held = [thing for thing, holder in self.holder.items() if holder == person]
        near = [
            thing
            for thing in THINGS
            if thing not in self.holder
            and self.left_in.get(thing, self.room[person]) == self.room[person]
        ]
        if not held and not near:
            self.move()
            return
        # Hands are full with one thing.
        thing = self.chance.choice(held or near)
        if thing in held:
            del self.holder[thing]
            self.left_in[thing] = self.room[person]
            place = self._tell(DROPS, person, thing)
            self.proof[thing] = (self.moved[person], place)
        else:
            self.holder[thing] = person
            place = self._tell(TAKES, person, thing)
            self.proof[thing] = (place,)
        self.handled[person] = place


Asked = tuple[str, str, tuple[int, ...]]


def _where_is_person(world: _World) -> Asked:
    person = world.chance.choice(sorted(world.room))
    return f"In which room is {person}?", world.room[person], (world.moved[person],)


def _where_is_thing(world: _World) -> Asked | None:
    if not world.proof:
        return None
    thing = world.chance.choice(sorted(world.proof))
    question, proof = f"In which room is the {thing}?", world.proof[thing]
    if thing not in world.holder:
        return question, world.left_in[thing], proof
    holder = world.holder[thing]
    return question, world.room[holder], tuple(sorted((*proof, world.moved[holder])))


def _is_person_there(world: _World) -> Asked:
    person = world.chance.choice(sorted(world.room))
    room = world.room[person]
    if world.chance.random() < 0.5:
        room = world.chance.choice([other for other in ROOMS if other != room])
    answer = "yes" if room == world.room[person] else "no"
    return f"Is {person} in the {room}?", answer, (world.moved[person],)


def _what_is_held(world: _World) -> Asked | None:
    if not world.handled:
        return None
    person = world.chance.choice(sorted(world.handled))
    held = [thing for thing, holder in world.holder.items() if holder == person]
    return f"What does {person} hold?", (held or [NOTHING])[0], (world.handled[person],)


@dataclass(frozen=True)
class _Task:
    """A kind of question, the length of its stories, and how often things are handled."""

    ask: Callable[[_World], Asked | None]
    events: int
    handling: float


TASKS = {
    "where_is_person": _Task(_where_is_person, events=8, handling=0.0),
    "where_is_thing": _Task(_where_is_thing, events=8, handling=0.5),
    "is_person_there": _Task(_is_person_there, events=8, handling=0.0),
    "what_is_held": _Task(_what_is_held, events=8, handling=0.7),
}


def _story(name: str, chance: random.Random) -> list[Example]:
    task, world, examples = TASKS[name], _World(chance), []
    for event in range(1, task.events + 1):
        if world.room and chance.random() < task.handling:
            world.handle()
        else:
            world.move()
        asked = task.ask(world) if event % EVENTS_BEFORE_QUESTION == 0 else None
        if asked:
            question, answer, support = asked
            examples.append(Example(tuple(world.story), question, answer, name, support))
    return examples


def sample_stories(
    seed: int = 0, *, counts: dict[str, int] | None = None
) -> dict[str, list[list[Example]]]:
    """Returns {split: stories}, a story being the list of its questions.

    No story is told twice, and no question asked twice of the same beginning of a story, so
    neither a story nor an example is in two splits.

    Args:
        seed: the same seed gives the same stories.
        counts: stories of each task in each split; by default a sample that a small network
            learns in seconds.

    Example:
    >>> sorted(sample_stories(seed=1, counts={"train": 2}))
    ['train']
    """
    chance = random.Random(seed)
    seen: set[tuple[tuple[str, ...], str]] = set()
    splits: dict[str, list[list[Example]]] = {}
    for split, count in (counts or COUNTS).items():
        splits[split] = []
        for name in TASKS:
            left = count
            while left:
                story = _story(name, chance)
                told = {(example.story, example.question) for example in story}
                told |= {(example.story, "") for example in story[-1:]}
                if told and told.isdisjoint(seen):
                    seen |= told
                    splits[split].append(story)
                    left -= 1
    return splits
