"""What the numbers of a report mean, where they come from, and what they cannot say."""

from types import MappingProxyType
from typing import NamedTuple


class Measure(NamedTuple):
    """The words beside one number."""

    title: str
    text: str


MEASURES = MappingProxyType(
    {
        "direct_bias": Measure(
            "Direct bias of professions",
            "Mean of |cos(profession, gender direction)|; 0 is none. Bolukbasi et al. found 0.08. "
            "Afterwards it is 0 by construction for words that were neutralised.",
        ),
        "stereotype": Measure(
            "Stereotyped analogies, %",
            "Share of the best analogies, by the automatic rule below. People found 19 % before "
            "and 6 % after on other vectors; the rule finds more, so compare before with after.",
        ),
        "appropriate": Measure(
            "Appropriate analogies, %",
            "Both words are gendered by definition, as queen and king: these should stay.",
        ),
        "cluster": Measure(
            "Sides found by clustering, %",
            "The neutral words that leaned most, in two clusters: how many are with their side. "
            "50 is chance; Gonen and Goldberg found 99.9 before and 92.5 after.",
        ),
        "classifier": Measure(
            "Sides found by a classifier, %",
            "The same with a support vector machine on words it has not learnt from; 50 is "
            "chance; published: 98.25 before and 88.88 after.",
        ),
        "neighbours": Measure(
            "Lean of professions against their neighbours",
            "Correlation of a profession's lean with the share of neighbours that leaned to men. "
            "0 is none; Gonen and Goldberg found 0.75 before and 0.61 after.",
        ),
    }
)

PROFESSIONS = (
    "Each point is a profession. In the first picture, its height is where it lies on the gender "
    "direction after de-biasing; on the dotted line nothing has changed. The second shows "
    "what is left: whether a profession that leaned to men still stands among words that did."
)

WEAT = (
    "Are the first targets nearer to the first attributes, and the second to the second? "
    "The effect size d runs from -2 to 2; p is the share of the partitions of the targets that are "
    "at least as extreme (all of them where there are at most 200,000, else 100,000 drawn). "
    "Flowers and insects are a check of the method: de-biasing should not touch them."
)

COST = (
    "Scores on the test sets; the vectors should be about as good as before. Sections about family "
    "gain without merit, since equalised pairs are exact parallels."
)

LIMITS = (
    "A number near 0 says that this test finds nothing, not that there is nothing: hard "
    "de-biasing hides bias along one direction, and what clustering and classifier still find is "
    "the rest.",
    "Two genders are measured, because the word lists and the method know two. Other kinds of "
    "bias (age, origin, religion) are not measured.",
    "The stereotyped share is counted by a rule about word lists and projections, not by people. "
    "A name or a gendered word that the lists lack counts as a stereotype if it leans.",
    "Which words keep their gender is partly decided by a classifier, and it makes mistakes.",
    "In languages with grammatical gender, such as French, adjectives and nouns lie on the gender "
    "direction for grammar's sake; de-biasing takes that away, too.",
    "Few known words make the tests coarse: look at the numbers of known words first.",
)

SOURCES = (
    "T. Bolukbasi, K.-W. Chang, J. Zou, V. Saligrama, A. Kalai: Man is to computer programmer as "
    "woman is to homemaker? Debiasing word embeddings. 2016, arXiv:1607.06520.",
    "A. Caliskan, J. J. Bryson, A. Narayanan: Semantics derived automatically from language "
    "corpora contain human-like biases. 2017, arXiv:1608.07187.",
    "H. Gonen, Y. Goldberg: Lipstick on a pig: Debiasing methods cover up systematic gender "
    "biases in word embeddings but do not remove them. 2019, arXiv:1903.03862.",
)


def analogies(margin: float) -> str:
    """Returns the rule by which analogies are called stereotypes, as a reader needs it.

    Args:
        margin: the least lean that counts.
    """
    return (
        "Pairs of near words whose difference is most like that of the two words. The colour is "
        "an automatic rule, not a judgement by people, and is the same before and after: a pair is "
        "a stereotype if at least one of its words is not gendered by the word lists, and such a "
        f"word leaned to its side by {margin:.3f} or more before de-biasing (the tenth of all "
        "neutral words that lean most); it is appropriate if both words are gendered by the "
        "lists; else it is neither."
    )
