"""Which words have a gender by definition: from a short list of them to the whole vocabulary."""

from collections.abc import Collection

import numpy as np

from apps.word_analogies.audit.lists import known_rows
from apps.word_analogies.vectors import WordVectors

# As published: the most frequent words are learnt from.
LEARNT_FROM = 50_000
# Fewer examples than this teach nothing that holds for other words.
FEWEST = 10


def expand_specific(
    vectors: WordVectors,
    seed_words: Collection[str],
    *,
    names: Collection[str] = (),
    neutral: Collection[str] = (),
    limit: int = LEARNT_FROM,
) -> frozenset[str]:
    """Returns the words that keep their gender when vectors are de-biased.

    A linear support vector machine (C = 1) learns the seed words against all others among the most
    frequent ones, and then judges every word.

    Source: Bolukbasi et al. 2016, arXiv:1607.06520, section 7; there the seed has 218 words and
    the machine finds them again with an F1 of 0.63, so the outcome holds mistakes.

    Args:
        vectors: the words.
        seed_words: words that are gendered by definition; they are always kept.
        names: first names; kept, but not learnt from, since the machine would then keep all
            words that look like names.
        neutral: words that are never kept, whatever the machine says, such as professions.
        limit: how many of the most frequent words are learnt from.

    Returns:
        Known words only. With fewer than 10 known seed words: those and the names.
    """
    kept = {vectors.words[row] for row in known_rows(vectors, [*seed_words, *names])[0]}
    kept |= {word for word in vectors.words if word.lower() in kept}
    positive, _ = known_rows(vectors, seed_words)
    rows = np.setdiff1d(
        np.union1d(np.arange(min(limit, len(vectors))), positive), known_rows(vectors, names)[0]
    )
    labels = np.isin(rows, positive)
    if labels.sum() >= FEWEST and not labels.all():
        from sklearn.svm import LinearSVC

        machine = LinearSVC(C=1.0, dual=False).fit(vectors.unit[rows], labels)
        scores = vectors.unit @ machine.coef_[0].astype(np.float32) + machine.intercept_[0]
        kept |= {vectors.words[row] for row in np.flatnonzero(scores > 0)}
    return frozenset(kept - (set(neutral) - set(seed_words)))
