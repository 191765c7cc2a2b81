"""Analogies a second of an exported word_analogies, against gensim's `most_similar`.

    python -m benchmarks.word_analogies_serving RUN MODEL

Both hold the same vectors and answer the same questions of the standard test set with ten words;
ours takes plain strings through the signature `analogy`, gensim the same strings one by one, which
is the only way it has. How often the best words agree stands beside the speed.
"""

import argparse
from pathlib import Path

import numpy as np
import tensorflow as tf
from gensim.models import KeyedVectors

from apps.word_analogies.testsets import AnalogySet, builtin
from apps.word_analogies.vectors import WordVectors, vectors_of_bundle
from benchmarks.measure import paired, peak_memory_mib, write_result
from shared.bundle import load, saved_model_dir
from shared.errors import OperationError

ROUNDS = 9


def main() -> None:
    """Compares at batch 1 and 256."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--questions", type=int, default=256, help="questions a round")
    arguments = parser.parse_args()

    vectors = vectors_of_bundle(load(arguments.run))
    keyed = KeyedVectors(vectors.size)
    keyed.add_vectors(list(vectors.words), vectors.matrix)
    keyed.fill_norms()
    folder = saved_model_dir(arguments.model)
    module = tf.saved_model.load(str(folder))
    analogy = module.signatures["analogy"]
    questions = known_questions(vectors, arguments.questions)
    gensim_words = [
        keyed.most_similar(positive=[b, c], negative=[a], topn=10)[0][0] for a, b, c in questions
    ]

    for batch in (1, 256):
        batches = [
            [tf.constant(column) for column in zip(*questions[start : start + batch], strict=True)]
            for start in range(0, len(questions), batch)
        ]

        def ours(batches: list = batches) -> list[bytes]:
            return [
                word
                for a, b, c in batches
                for word in analogy(a=a, b=b, c=c)["words"].numpy()[:, 0]
            ]

        def rival() -> None:
            for a, b, c in questions:
                keyed.most_similar(positive=[b, c], negative=[a], topn=10)

        agree = np.mean(
            [one.decode() == other for one, other in zip(ours(), gensim_words, strict=True)]
        )
        times = paired(ours, rival, rounds=ROUNDS)
        write_result(
            "word_analogies_serving",
            {
                "measured": f"analogies/s, batch {batch}",
                "words": len(vectors),
                "size": vectors.size,
                "questions": len(questions),
                **times.row(items=len(questions)),
                "same_answer": round(float(agree), 4),
                "peak_memory_mib": peak_memory_mib(),
            },
        )


def known_questions(vectors: WordVectors, count: int) -> list[tuple[str, str, str]]:
    """Returns questions of the standard test set whose words are all known, evenly chosen."""
    published = builtin("questions-words.txt")
    if not isinstance(published, AnalogySet):
        raise OperationError("Expected analogies in gensim's questions-words.txt.")
    lowered = [
        tuple(word.lower() for word in question)
        for section in published.sections.values()
        for question in section
    ]
    known = [(a, b, c) for a, b, c, d in lowered if all(w in vectors for w in (a, b, c, d))]
    return known[:: max(1, len(known) // count)][:count]


if __name__ == "__main__":
    main()
