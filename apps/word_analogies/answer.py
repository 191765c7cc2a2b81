"""Answers as named arrays, and as something a person can read.

`answer` gives in Python what `apps.word_analogies.serving` gives in a served graph: the same names,
types and shapes, so that an export can be compared with its bundle by value.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from apps.word_analogies.query import OPERATORS, spellings
from shared.text.words import UNKNOWN_ID

if TYPE_CHECKING:
    from apps.word_analogies.query import Query
    from shared.bundle import Bundle


def answer(bundle: "Bundle", items: "Sequence[Query]") -> dict[str, np.ndarray]:
    """Looks up a batch of queries.

    Args:
        bundle: a run of word_analogies.
        items: B queries of up to T words.

    Returns:
        words (B, K) bytes and similarities (B, K) float32, the nearest first, "" and 0 for none;
        terms (B, T) bytes, the words of the query, "" behind the last; known (B, T) int32, 1 for
        the words of the vocabulary; term_similarities (B, T) float32, of each term with the sum.
    """
    vocabulary, lower = bundle.preprocessing.vocabulary, bundle.preprocessing.lower
    longest = max(len(item.terms) for item in items)
    terms = np.full((len(items), longest), b"", dtype=object)
    ids = np.zeros(terms.shape, np.int32)
    signs = np.zeros(terms.shape, np.float32)
    for row, item in enumerate(items):
        for column, (word, sign) in enumerate(item.terms):
            typed, bare = spellings(word, lower=lower)
            spelled = bare if bare and typed not in vocabulary else typed
            terms[row, column] = spelled.encode()
            ids[row, column], signs[row, column] = vocabulary.ids([spelled])[0], sign
    found = bundle.model.predict_on_batch({"term_ids": ids, "term_signs": signs})
    names = np.array([b"", b"", *(word.encode() for word in vocabulary.words[2:])], dtype=object)
    return {
        "words": names[found["word_ids"]],
        "similarities": found["similarities"],
        "terms": terms,
        "known": (ids > UNKNOWN_ID).astype(np.int32),
        "term_similarities": found["term_similarities"],
    }


def readable(items: "Sequence[Query]", outputs: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Turns the named arrays into one dict a query.

    Returns:
        `answer`, and beside it, for a sum of words, `similarity` and `neighbours` as `{word,
        similarity}`; for two words their `similarity`; for an odd one out the `similarity` of each
        word to the mean of all as `words`. A query with an unknown word has `error` alone, and
        `unknown_words`.
    """
    results = []
    for row, item in enumerate(items):
        size = len(item.terms)
        terms = [term.decode() for term in outputs["terms"][row, :size]]
        unknown = [
            word
            for word, known in zip(terms, outputs["known"][row, :size], strict=True)
            if not known
        ]
        if unknown:
            results.append(_unknown(list(dict.fromkeys(unknown))))
        elif item.kind == "nearest":
            results.append(_nearest(outputs["words"][row], outputs["similarities"][row]))
        else:
            cosines = outputs["term_similarities"][row, :size]
            results.append((_likeness if item.kind == "similarity" else _odd)(terms, cosines))
    return results


def _unknown(words: list[str]) -> dict[str, Any]:
    shown = ", ".join(f"{word:.40}" for word in words)
    joined = any(sign in word for word in words for sign in OPERATORS)
    hint = " Write blanks around + - and ~." if joined else ""
    return {
        "error": f"Expected words of the vocabulary, received unknown ones: {shown}.{hint}",
        "unknown_words": words,
    }


def _nearest(words: np.ndarray, similarities: np.ndarray) -> dict[str, Any]:
    found = [
        {"word": word.decode(), "similarity": float(similarity)}
        for word, similarity in zip(words, similarities, strict=True)
        if word
    ]
    best = found[0] if found else {"word": "", "similarity": 0.0}
    return {"answer": best["word"], "similarity": best["similarity"], "neighbours": found}


def _likeness(terms: list[str], cosines: np.ndarray) -> dict[str, Any]:
    # Of unit vectors a and b, cos(a, a + b) = cos(b, a + b), and its square is (1 + cos(a, b)) / 2.
    # Only beside a vector of zeros do the two cosines differ; it is like nothing.
    first, second = map(float, cosines)
    similarity = 2 * first * second - 1 if first * second > 0 or first == second else 0.0
    return {"answer": f"{similarity:.4f}", "similarity": similarity}


def _odd(terms: list[str], cosines: np.ndarray) -> dict[str, Any]:
    order = np.argsort(cosines, kind="stable")
    words = [{"word": terms[place], "similarity": float(cosines[place])} for place in order]
    return {"answer": words[0]["word"], "similarity": words[0]["similarity"], "words": words}


def with_near_names(bundle: "Bundle", result: dict[str, Any]) -> dict[str, Any]:
    """Adds the known word most like an unknown one to the error of a result."""
    from apps.word_analogies.vectors import near

    if "unknown_words" not in result:
        return result
    words = bundle.preprocessing.words
    hints = [near(word, words) for word in result["unknown_words"]]
    return {**result, "error": result["error"] + "".join(dict.fromkeys(hints))}


def word_lines(result: Mapping[str, Any]) -> list[str]:
    """Returns one line with the words behind the answer, and how similar they are."""
    words = result.get("words") or result.get("neighbours", [])[1:]
    shown = [f"{one['word']} ({one['similarity']:.3f})" for one in words]
    return ["  ".join(shown)] if shown else []
