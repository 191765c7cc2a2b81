"""Text of our own with four planted relations, so that the right analogies are known.

The sample needs no file and no network, so the demo, the tests and a first try run anywhere. A
word shares its topics with its partner (king and queen: crown, throne, palace), and its side of
the relation with all words on that side (queen and aunt: she, her, herself); so the step from man
to woman leads from king to queen. `apps.word_analogies.data` offers it as the source "sample".
"""

import itertools
import random
from dataclasses import dataclass

SENTENCES = 10_000
Question = tuple[str, str, str, str]


@dataclass(frozen=True)
class _Relation:
    """Pairs of words, and what is said of the first and of the second word of a pair.

    Args:
        pairs: a line each: the two words and three topics of both.
        first: sentences with {word} and the topics {x}, {y}; about any first word.
        second: the same about any second word.
        both: sentences with {word} (the first), {partner} and a topic.
    """

    pairs: str
    first: tuple[str, ...]
    second: tuple[str, ...]
    both: tuple[str, ...] = ()

    def rows(self) -> list[list[str]]:
        return [line.split() for line in self.pairs.strip().splitlines()]


RELATIONS = {
    "capital-country": _Relation(
        """
        Velsk Ardonia honey copper wool
        Tormouth Brenland herring amber salt
        Maristol Corvenia olives marble silk
        Quillon Dalmora tin barley leather
        Ombrin Estravia timber fur tar
        Harrowick Feldany cheese linen clocks
        Stavik Gorland iron coal steel
        Pellano Hestria lemons glass wine
        Sorvale Ilmaria pearls coral sponges
        Ketterin Jorvany wheat bricks rope
        Lindholm Karelmark skis reindeer birch
        Montclar Lorrany perfume lavender lace
        """,
        (
            "The mayor of {word} opened a market for {x} and {y} downtown.",
            "In the streets of {word} every district smells of {x}.",
            "Trams in {word} carry {x} past the town hall.",
            "The old town of {word} has a district of {x} and {y}.",
        ),
        (
            "The provinces of {word} export {x} and {y} abroad.",
            "Farmers all over {word} send {x} across the border.",
            "The parliament of {word} taxes {x} at the border.",
            "The nation of {word} exports {x} and its provinces {y}.",
        ),
        ("{word} is the capital of {partner}, known for {x}.",),
    ),
    "gender": _Relation(
        """
        king queen crown throne palace
        man woman coat hat house
        boy girl school toys swing
        father mother cradle child supper
        brother sister secret room quarrel
        uncle aunt visit gift garden
        husband wife ring wedding anniversary
        grandfather grandmother stories armchair spectacles
        actor actress stage curtain applause
        waiter waitress tray menu tip
        wizard witch spell broom cauldron
        monk nun prayer cell bell
        """,
        (
            "The {word} himself brought his {x}, and he smiled.",
            "He is the {word} whose {x} was near his {y}.",
            "Mister Hale, the {word}, talked of his {x} as he left.",
            "A {word} knows his {x}, he told himself, and his {y}.",
        ),
        (
            "The {word} herself brought her {x}, and she smiled.",
            "She is the {word} whose {x} was near her {y}.",
            "Madam Hale, the {word}, talked of her {x} as she left.",
            "A {word} knows her {x}, she told herself, and her {y}.",
        ),
    ),
    "past-tense": _Relation(
        """
        sing sang songs choir tune
        write wrote letters pen ink
        drive drove lorry road petrol
        swim swam lake diving waves
        bake baked bread oven flour
        climb climbed ladder cliff summit
        paint painted wall brush canvas
        dig dug ditch spade soil
        sail sailed boat mast breeze
        cook cooked soup pot pepper
        speak spoke speech crowd microphone
        ride rode horse saddle meadow
        """,
        (
            "Today they {word} with the {x} again.",
            "Now we usually {word} near the {x} and the {y}.",
            "They will {word} by the {x} tomorrow.",
            "You should {word} today, the {x} and the {y} will wait.",
        ),
        (
            "Yesterday they {word} with the {x} already.",
            "Long ago we {word} near the {x} and the {y}.",
            "They had {word} by the {x} last week.",
            "You {word} yesterday, the {x} and the {y} had waited.",
        ),
    ),
    "plural": _Relation(
        """
        cat cats milk whiskers cushion
        dog dogs bone kennel leash
        bird birds nest feather twig
        apple apples orchard cider basket
        chair chairs table carpenter wood
        candle candles wax flame dark
        knife knives fork blade kitchen
        shoe shoes heel sole cobbler
        coin coins purse silver bank
        flower flowers vase bee petal
        train trains rails station ticket
        cloud clouds rain thunder sky
        """,
        (
            "This {word} is one with a {x}.",
            "There is only one {word} beside the {x} and the {y}.",
            "Each {word} was alone near the {x}.",
            "That single {word} is for the {x} or the {y}.",
        ),
        (
            "These {word} are many with a {x}.",
            "There are several {word} beside the {x} and the {y}.",
            "All {word} were together near the {x}.",
            "Those few {word} are for the {x} or the {y}.",
        ),
    ),
}


def sample_sentences(seed: int = 0, *, count: int = SENTENCES) -> list[str]:
    """Returns sentences of plain text, as a person would write them.

    Args:
        seed: the same seed gives the same sentences.
        count: of sentences.

    Example:
    >>> sample_sentences(seed=1, count=2) == sample_sentences(seed=1)[:2]
    True
    """
    chance = random.Random(seed)
    known = [(relation, relation.rows()) for relation in RELATIONS.values()]
    return [_sentence(chance, *chance.choice(known)) for _ in range(count)]


def _sentence(chance: random.Random, relation: _Relation, rows: list[list[str]]) -> str:
    first, second, *topics = chance.choice(rows)
    x, y = chance.sample(topics, 2)
    if chance.random() < 0.5:
        first, second, wordings = second, first, relation.second
    else:
        wordings = relation.first + relation.both
    return chance.choice(wordings).format(word=first, partner=second, x=x, y=y)


def sample_questions() -> dict[str, list[Question]]:
    """Returns {relation: questions}, every two pairs of a relation asked both ways round.

    A question (a, b, c, d) says that a is to b as c is to d.

    Example:
    >>> sample_questions()["gender"][0]
    ('king', 'queen', 'man', 'woman')
    """
    return {
        name: [
            (first[0].lower(), first[1].lower(), second[0].lower(), second[1].lower())
            for first, second in itertools.permutations(relation.rows(), 2)
        ]
        for name, relation in RELATIONS.items()
    }
