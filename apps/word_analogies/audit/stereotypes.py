"""An automatic stand-in for the people who judged whether an analogy is a stereotype.

In the paper, ten people looked at each of 150 analogies: 19 % were called stereotypes by five or
more of them, and 6 % after de-biasing. A program cannot do that; what it counts instead is
stated here, printed in the report, and the same before and after, since it is fixed on the
vectors before.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from apps.word_analogies.audit.analogies import SeedAnalogy
from apps.word_analogies.audit.direction import Direction
from apps.word_analogies.audit.lists import FREQUENT, known_rows, plain_rows
from apps.word_analogies.vectors import WordVectors

STEREOTYPE, APPROPRIATE, OTHER = "stereotype", "appropriate", "other"
# The share of neutral words that count as leaning; fixed before any result was seen.
LEANING_SHARE = 0.1


@dataclass(frozen=True)
class StereotypeJudge:
    """Tells apart three kinds of she-he analogies by a fixed rule.

    An analogy x : y counts as

    - `stereotype`, if at least one of its words is not gendered by the word lists, and such a word
      stood far on the side on which it stands in the analogy, before de-biasing: among
      the tenth of such words that lean most;
    - `appropriate`, if both words are gendered by the word lists (queen : king);
    - `other`, if neither holds.

    Limits: the rule knows lists and numbers, no meanings. A gendered word or a name that the lists
    lack counts as a stereotype if it leans, so shares are higher than people's; compare them
    before and after, not with the published 19 % and 6 %. The margin is a place in an order
    of words, so on noise the rule still finds something. De-biasing keeps the words of the same
    lists, and a support vector machine's additions to them, which this rule does not believe: what
    remains afterwards is those additions, and pairs of a gendered and a neutral word.

    Args:
        gendered: lower-case words with a gender by definition, first names included.
        lean: cosine with the gender direction before de-biasing, by word.
        margin: the least lean that counts.
    """

    gendered: frozenset[str]
    lean: dict[str, float] = field(repr=False)
    margin: float

    @classmethod
    def fit(
        cls,
        vectors: WordVectors,
        direction: Direction,
        *,
        gendered: Collection[str],
        limit: int = FREQUENT,
    ) -> "StereotypeJudge":
        """Fixes the rule on vectors before they are de-biased.

        Args:
            vectors: before de-biasing.
            direction: of the same vectors, towards the first words of analogies.
            gendered: words with a gender by definition.
            limit: how many of the most frequent words set the margin.
        """
        lean = vectors.unit @ direction.vector
        rows = plain_rows(vectors, limit=limit, without=gendered)
        margin = float(np.quantile(np.abs(lean[rows]), 1 - LEANING_SHARE)) if len(rows) else 0.0
        by_word = dict(zip(vectors.words, lean.tolist(), strict=True))
        also = {vectors.words[row] for row in known_rows(vectors, gendered)[0]}
        return cls(frozenset(gendered) | also, by_word, margin)

    def kind(self, analogy: SeedAnalogy) -> str:
        """Returns `stereotype`, `appropriate` or `other`."""
        sides = ((analogy.first, 1), (analogy.second, -1))
        neutral = [(word, side) for word, side in sides if word not in self.gendered]
        if any(side * self.lean[word] >= self.margin for word, side in neutral):
            return STEREOTYPE
        return OTHER if neutral else APPROPRIATE

    def shares(self, analogies: Sequence[SeedAnalogy]) -> dict[str, float]:
        """Returns each kind in percent of the analogies; 0 for all where there are none."""
        kinds = [self.kind(analogy) for analogy in analogies]
        total = max(len(kinds), 1)
        return {
            kind: 100.0 * kinds.count(kind) / total for kind in (STEREOTYPE, APPROPRIATE, OTHER)
        }
