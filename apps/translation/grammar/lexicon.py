"""The words of the sample, English beside French, with what decides how they are put together.

Tables of plain text, so that a word is added by a line. `apps.translation.grammar.clause` chooses
among them; `english` and `french` beside it know how they are inflected.
"""

from dataclasses import dataclass

# singular, plural | gender, singular, plural; two of these where French has a man's and a
# woman's word
_NOUNS = {
    "person": """
        man men | m homme hommes
        woman women | f femme femmes
        boy boys | m garçon garçons
        girl girls | f fille filles
        king kings | m roi rois
        queen queens | f reine reines
        friend friends | m ami amis | f amie amies
        neighbour neighbours | m voisin voisins | f voisine voisines
    """,
    "animal": """
        dog dogs | m chien chiens
        cat cats | m chat chats
        cow cows | f vache vaches
        horse horses | m cheval chevaux
        bird birds | m oiseau oiseaux
        owl owls | m hibou hiboux
    """,
    "food": """
        apple apples | f pomme pommes
        orange oranges | f orange oranges
        egg eggs | m œuf œufs
        cake cakes | m gâteau gâteaux
        pear pears | f poire poires
    """,
    "thing": """
        book books | m livre livres
        letter letters | f lettre lettres
        key keys | f clé clés
        tree trees | m arbre arbres
        car cars | f voiture voitures
        hat hats | m chapeau chapeaux
        clock clocks | f horloge horloges
        table tables | f table tables
    """,
    "place": """
        garden gardens | m jardin jardins
        house houses | f maison maisons
        school schools | f école écoles
        market markets | m marché marchés
        church churches | f église églises
        street streets | f rue rues
        hotel hotels | m hôtel hôtels
    """,
}
# English | masculine and feminine singular, masculine and feminine plural, and the masculine
# singular before a vowel | kinds of nouns
_BEFORE = """
    small | petit petite petits petites petit | person animal food thing place
    big | grand grande grands grandes grand | person animal food thing place
    young | jeune jeune jeunes jeunes jeune | person animal
    old | vieux vieille vieux vieilles vieil | person animal thing place
    new | nouveau nouvelle nouveaux nouvelles nouvel | thing place
    beautiful | beau belle beaux belles bel | person animal thing place
    good | bon bonne bons bonnes bon | food
"""
_AFTER = """
    red | rouge rouge rouges rouges rouge | food thing
    green | vert verte verts vertes vert | food thing
    white | blanc blanche blancs blanches blanc | animal thing place
    black | noir noire noirs noires noir | animal thing
    happy | heureux heureuse heureux heureuses heureux | person animal
    tired | fatigué fatiguée fatigués fatiguées fatigué | person animal
    funny | drôle drôle drôles drôles drôle | person animal
    heavy | lourd lourde lourds lourdes lourd | thing
    clean | propre propre propres propres propre | thing place
    quiet | calme calme calmes calmes calme | place person
"""
# bare, he/she form, past | je, tu, il, nous, vous, ils; participle (with avoir) | kinds of
# objects, none for a verb without
_VERBS = """
    eat eats ate | mange manges mange mangeons mangez mangent mangé | food
    see sees saw | vois vois voit voyons voyez voient vu | person animal food thing place
    find finds found | trouve trouves trouve trouvons trouvez trouvent trouvé | animal food thing
    love loves loved | aime aimes aime aimons aimez aiment aimé | person animal food thing place
    buy buys bought | achète achètes achète achetons achetez achètent acheté | animal food thing
    sell sells sold | vends vends vend vendons vendez vendent vendu | animal food thing
    wash washes washed | lave laves lave lavons lavez lavent lavé | animal food thing
    draw draws drew | dessine dessines dessine dessinons dessinez dessinent dessiné | animal thing
    carry carries carried | porte portes porte portons portez portent porté | animal food thing
    hide hides hid | cache caches cache cachons cachez cachent caché | food thing
    sleep sleeps slept | dors dors dort dormons dormez dorment dormi |
    sing sings sang | chante chantes chante chantons chantez chantent chanté |
    work works worked | travaille travailles travaille travaillons travaillez travaillent travaillé |
    wait waits waited | attends attends attend attendons attendez attendent attendu |
"""  # noqa: E501
PRONOUNS = ("I", "you", "he", "she", "we", "they")
NAMES = {
    "Anna": "f", "Emma": "f", "Clara": "f", "Julie": "f",
    "Paul": "m", "Louis": "m", "David": "m", "Martin": "m",
}  # fmt: skip
SINGULAR_ONLY, PLURAL_ONLY = ("a", "this"), ("some", "these", "two", "three")
DETERMINERS = ("the", "my", "your", "his", "her", "our", "their", *SINGULAR_ONLY, *PLURAL_ONLY)
PLACE_DETERMINERS = ("the", "my", "your", "our", "this", "a")
PREPOSITIONS = {"in": "dans", "behind": "derrière", "near": "près de", "at": "à"}
MEETING_PLACES = ("school", "market", "church", "hotel")


@dataclass(frozen=True)
class Noun:
    """A noun: its English forms, and (gender, singular, plural) of each French word for it."""

    singular: str
    plural: str
    kind: str
    french: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Adjective:
    """An adjective: five French forms, and whether they stand before the noun."""

    english: str
    french: tuple[str, ...]
    kinds: tuple[str, ...]
    before: bool


@dataclass(frozen=True)
class Verb:
    """A verb: three English forms, six French ones and the participle."""

    bare: str
    third: str
    past: str
    french: tuple[str, ...]
    participle: str
    kinds: tuple[str, ...]


def _rows(table: str) -> list[list[list[str]]]:
    return [
        [cell.split() for cell in line.split("|")] for line in table.splitlines() if line.strip()
    ]


def _adjectives() -> list[Adjective]:
    return [
        Adjective(english[0], tuple(french), tuple(kinds), before)
        for table, before in ((_BEFORE, True), (_AFTER, False))
        for english, french, kinds in _rows(table)
    ]


NOUNS = {
    english[0]: Noun(english[0], english[1], kind, tuple((g, s, p) for g, s, p in french))
    for kind, table in _NOUNS.items()
    for english, *french in _rows(table)
}
ADJECTIVES = {adjective.english: adjective for adjective in _adjectives()}
VERBS = {
    english[0]: Verb(english[0], english[1], english[2], tuple(forms[:6]), forms[6], tuple(kinds))
    for english, forms, kinds in _rows(_VERBS)
}
