"""What a caption of the sample says, and when that is true of a scene."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from apps.image_captioning.scenes.scene import Scene, Thing
from apps.image_captioning.scenes.words import NUMBERS, PLACES, PLURAL, RELATIONS, SINGULAR


@dataclass(frozen=True)
class Phrase:
    """Some figures: "a small red circle", "two shapes at the top".

    "a" says that there is one at least; "the" and "one", that there is just one; and any other
    number, that there are just so many.

    Args:
        number: "a", "the", or one of `NUMBERS`.
        size: or "" for any; likewise the others.
        colour: of the figures.
        shape: of the figures.
        place: where they are, one of `PLACES`.
    """

    number: str
    size: str = ""
    colour: str = ""
    shape: str = ""
    place: str = ""

    @property
    def plural(self) -> bool:
        """Whether its verb and noun are."""
        return NUMBERS.get(self.number, 1) > 1

    def describes(self, thing: Thing) -> bool:
        """Says whether a figure is of this kind."""
        wanted = (self.size, self.colour, self.shape)
        has = (thing.size, thing.colour, thing.shape)
        return all(one in ("", other) for one, other in zip(wanted, has, strict=True)) and (
            not self.place or PLACES[self.place](thing)
        )

    def groups(self, scene: Scene) -> list[tuple[int, ...]]:
        """Returns the numbers of the figures that may be meant, in every way; none if it is wrong.

        Example:
        >>> circle = Thing("circle", "red", "small", 0, 0)
        >>> scene = Scene((circle, Thing("star", "red", "small", 1, 1), circle), "white")
        >>> [Phrase(one, shape="circle").groups(scene) for one in ("a", "two", "the")]
        [[(0,), (2,)], [(0, 2)], []]
        """
        found = tuple(n for n, thing in enumerate(scene.things) if self.describes(thing))
        if self.number == "a":
            return [(one,) for one in found]
        return [found] if len(found) == NUMBERS.get(self.number, 1) else []

    def __str__(self) -> str:
        nouns = PLURAL if self.plural else SINGULAR
        noun = next(noun for noun, shape in nouns.items() if shape == self.shape)
        words = [word for word in (self.size, self.colour, noun, self.place) if word]
        vowel = self.number == "a" and words[0][0] in "aeiou"
        return " ".join([f"{self.number}n" if vowel else self.number, *words])


@dataclass(frozen=True)
class Inventory:
    """What there is: "a red circle and two blue squares on a white background".

    Args:
        phrases: of different figures.
        ground: or "" where it is not told.
    """

    phrases: tuple[Phrase, ...]
    ground: str = ""

    def holds(self, scene: Scene) -> bool:
        """Says whether it is true; figures that are not told of may be there too."""
        return self.ground in ("", scene.ground) and any(_chosen(self.phrases, scene))


@dataclass(frozen=True)
class Placed:
    """Where figures are: "the red circle is at the top".

    Args:
        subject: which.
        place: one of `PLACES`.
    """

    subject: Phrase
    place: str

    def holds(self, scene: Scene) -> bool:
        """Says whether it is true of all figures that are meant."""
        there = PLACES[self.place]
        return any(
            all(there(scene.things[one]) for one in group) for group in self.subject.groups(scene)
        )


@dataclass(frozen=True)
class Related:
    """How figures stand to each other: "a red circle is to the left of the star".

    Args:
        subject: which.
        relation: one of `RELATIONS`.
        other: to which.
    """

    subject: Phrase
    relation: str
    other: Phrase

    def holds(self, scene: Scene) -> bool:
        """Says whether it is true of each figure on one side and each on the other."""
        stands = RELATIONS[self.relation]
        return any(
            all(stands(scene.things[one], scene.things[two]) for one, two in product(*groups))
            for groups in _chosen((self.subject, self.other), scene)
        )


Sentence = Inventory | Placed | Related


def _chosen(phrases: Sequence[Phrase], scene: Scene) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Yields every way to give the phrases figures, no figure to two of them."""
    if len(phrases) > len(scene.things):  # also spares the time that an endless caption would take
        return
    for groups in product(*(phrase.groups(scene) for phrase in phrases)):
        everything = [one for group in groups for one in group]
        if len(everything) == len(set(everything)):
            yield groups
