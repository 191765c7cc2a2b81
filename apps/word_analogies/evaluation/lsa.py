"""Word vectors by counting instead of training: a baseline for what the trainers add.

Latent semantic analysis (Deerwester, Dumais, Furnas, Landauer, Harshman 1990) factors a table
of words and what they occur with; the cells here are the positive, smoothed pointwise mutual
information of Levy and Goldberg (2014, "Neural Word Embedding as Implicit Matrix Factorization")
and Levy, Goldberg and Dagan (2015, TACL 3):

    M[w, c] = max(0, log(P(w, c) / (P(w) P'(c))) - log k),   P'(c) ~ count(c) ** 0.75
    M ~ U S V',   the vector of w is the row of U sqrt(S)
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CHUNK_IDS = 1_000_000
SMOOTHING = 0.75


def train_lsa(
    ids: np.ndarray,
    words: Sequence[str],
    *,
    size: int = 300,
    window: int = 5,
    shift: float = 1.0,
    max_words: int = 30_000,
    seed: int = 0,
    progress: Callable[[int], None] | None = None,
) -> WordVectors:
    """Makes word vectors from a table of counts.

    Args:
        ids: int (N,), the corpus: places in `words`, and a negative number at each sentence end.
        words: the vocabulary, most frequent first.
        size: D, numbers of a vector.
        window: words to either side that count, nearer ones more: the share (window + 1 - k) /
            window at distance k, which is word2vec's mean.
        shift: k, above 1 to drop weak relations.
        max_words: more frequent words than these get no vector, for the table is their square.
        seed: of the randomised decomposition.
        progress: told the number of ids counted so far, now and then.

    Raises:
        DataError: there are not more words than `size`, or no two of them are neighbours.
    """
    kept = tuple(words[:max_words])
    if len(kept) <= size:
        raise DataError(
            f"Expected more than {size} words for vectors of {size} numbers, received "
            f"{len(kept)}; give more text, or ask for smaller vectors."
        )
    table = count_pairs(ids, len(kept), window=window, progress=progress)
    if not table.nnz:
        raise DataError(
            f"Expected sentences with two of {len(kept)} known words, received none; give other "
            "text."
        )
    from sklearn.utils.extmath import randomized_svd

    left, strength, _ = randomized_svd(
        positive_pmi(table, shift=shift), n_components=size, random_state=seed
    )
    matrix = (left * np.sqrt(strength)).astype(np.float32)
    return WordVectors(kept, matrix, _counts(ids, len(kept)))


def count_pairs(
    ids: np.ndarray,
    words: int,
    *,
    window: int,
    progress: Callable[[int], None] | None = None,
) -> "csr_array":
    """Counts which words stand near one another in a sentence.

    Args:
        ids: as in `train_lsa`; other ids than those of the first `words` are passed over, but
            keep their place.
        words: V.
        window: as in `train_lsa`.
        progress: as in `train_lsa`.

    Returns:
        Weighted counts, sparse symmetric float32 (V, V).
    """
    from scipy.sparse import coo_array, csr_array

    table = csr_array((words, words), dtype=np.float32)
    for start in range(0, len(ids), CHUNK_IDS):
        # The chunk and what follows within a window, so that no pair is lost between chunks.
        part = np.asarray(ids[start : start + CHUNK_IDS + window])
        sentence = np.cumsum(part < 0)
        size = min(CHUNK_IDS, len(part))
        rows, columns, weights = [], [], []
        for distance in range(1, window + 1):
            first, second = part[:size], part[distance : size + distance]
            first = first[: len(second)]
            near = sentence[: len(second)] == sentence[distance : size + distance]
            near &= (first >= 0) & (second >= 0) & (first < words) & (second < words)
            rows.append(first[near])
            columns.append(second[near])
            weight = (window + 1 - distance) / window
            weights.append(np.full(int(near.sum()), weight, np.float32))
        places = (np.concatenate(rows), np.concatenate(columns))
        table = table + coo_array((np.concatenate(weights), places), table.shape).tocsr()
        if progress:
            progress(start + size)
    return csr_array(table + table.T)


def positive_pmi(table: "csr_array", *, shift: float = 1.0) -> "csr_array":
    """Returns the positive pointwise mutual information of a table of counts, sparse float32."""
    total = table.sum(axis=1)
    context = total**SMOOTHING
    result = table.tocoo()
    rows, columns = result.coords
    expected = total[rows].astype(np.float64) * context[columns] / context.sum()
    information = np.log(result.data / expected) - np.log(shift)
    result.data = np.maximum(information, 0).astype(np.float32)
    found = result.tocsr()
    found.eliminate_zeros()
    return found


def _counts(ids: np.ndarray, words: int) -> np.ndarray:
    counts = np.zeros(words, np.int64)
    for start in range(0, len(ids), CHUNK_IDS):
        part = np.asarray(ids[start : start + CHUNK_IDS])
        counts += np.bincount(part[(part >= 0) & (part < words)], minlength=words)
    return counts
