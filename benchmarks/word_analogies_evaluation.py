"""How fast analogies are scored, against gensim's `evaluate_word_analogies` on the same vectors.

    python -m benchmarks.word_analogies_evaluation [--words 100000] [--every 30] [--rounds 3]

The vectors are random numbers, which cost the same as trained ones, with a relation planted in
them so that some answers are right and the equality of both counts says something. gensim takes
many minutes for all 19,544 questions, at a steady pace; `ratio` is therefore of every 30th one,
timed in turn after a round that is not counted. Ours has a fixed cost, the cosines of all words
that are asked with, so it is also timed on all questions: `all_ratio` sets that pace against
gensim's on the part. `--every 1 --rounds 1` measures it outright, in half an hour. Both may use as
many threads as the machine has cores.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from gensim.models import KeyedVectors

from apps.word_analogies.evaluation.analogies import Method, Tally, score_analogies
from apps.word_analogies.testsets import AnalogySet, builtin
from apps.word_analogies.vectors import WordVectors
from benchmarks.measure import paired, peak_memory_mib, write_result
from shared.errors import OperationError


def main() -> None:
    """Times both and writes one row."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--words", type=int, default=100_000)
    parser.add_argument("--size", type=int, default=300)
    parser.add_argument("--every", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()

    published = builtin("questions-words.txt")
    if not isinstance(published, AnalogySet):
        raise OperationError("Expected analogies in gensim's questions-words.txt.")
    vectors = planted_vectors(published, words=arguments.words, size=arguments.size)
    part = AnalogySet(
        published.name,
        {name: questions[:: arguments.every] for name, questions in published.sections.items()},
    )
    keyed = KeyedVectors(vectors.size)
    keyed.add_vectors(list(vectors.words), vectors.matrix)
    score_analogies(vectors, part)
    whole, seconds = timed(vectors, published, "3CosAdd")
    product, product_seconds = timed(vectors, published, "3CosMul")

    with tempfile.TemporaryDirectory() as folder:
        path = write_questions(part, Path(folder))
        ours = score_analogies(vectors, part).right
        theirs = len(keyed.evaluate_word_analogies(path, restrict_vocab=None)[1][-1]["correct"])
        times = paired(
            lambda: score_analogies(vectors, part),
            lambda: keyed.evaluate_word_analogies(path, restrict_vocab=None),
            rounds=arguments.rounds,
            # Both have run once for their counts.
            warm_up=0,
        )
    row = times.row(items=len(part))
    write_result(
        "word_analogies_evaluation",
        {
            "words": len(vectors),
            "size": vectors.size,
            "questions": len(part),
            **row,
            "right": ours,
            "rival_right": theirs,
            "all_questions": len(published),
            "all_right": whole.right,
            "all_seconds": round(seconds, 2),
            "all_ratio": round(len(published) / seconds / row["rival_per_second"], 1),
            "all_3cosmul_right": product.right,
            "all_3cosmul_seconds": round(product_seconds, 2),
            "peak_memory_mib": peak_memory_mib(),
        },
    )


def timed(vectors: WordVectors, test_set: AnalogySet, method: Method) -> tuple[Tally, float]:
    """Returns the scores of a test set and the seconds they took."""
    started = time.perf_counter()
    scores = score_analogies(vectors, test_set, method=method)
    return scores, time.perf_counter() - started


def planted_vectors(test_set: AnalogySet, *, words: int, size: int) -> WordVectors:
    """Returns random vectors of the words of a test set and others, with a relation planted.

    Args:
        test_set: second words of its pairs lie one step, and noise, from the first ones.
        words: V.
        size: D.
    """
    rng = np.random.default_rng(0)
    pairs = {pair for question in test_set.questions for pair in (question[:2], question[2:])}
    names = sorted({word for pair in pairs for word in pair})
    names += [f"word{number}" for number in range(words - len(names))]
    names = [names[place] for place in rng.permutation(len(names))]
    rows = {name: row for row, name in enumerate(names)}
    matrix = rng.standard_normal((len(names), size), dtype=np.float32)
    step = rng.standard_normal(size, dtype=np.float32)
    for one, other in sorted(pairs):
        noise = rng.standard_normal(size, dtype=np.float32)
        matrix[rows[other]] = 0.4 * matrix[rows[one]] + step + noise
    return WordVectors(tuple(names), matrix)


def write_questions(test_set: AnalogySet, folder: Path) -> str:
    """Writes a test set as gensim reads it, and returns the path."""
    path = folder / "questions.txt"
    lines = []
    for name, questions in test_set.sections.items():
        lines += [f": {name}", *(" ".join(question) for question in questions)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


if __name__ == "__main__":
    main()
