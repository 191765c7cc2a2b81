"""Answers of the network as named arrays, and as something a person can read.

`answer` gives in Python what `apps.memory_qa.serving` gives in a served graph: the same names,
types and shapes, so that an export can be compared with its bundle by value.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from shared.text.words import UNKNOWN_ID

if TYPE_CHECKING:
    from apps.memory_qa.item import Item
    from shared.bundle import Bundle

# Sentences on the line of a hop.
MOST_SHOWN = 2


def answer(bundle: "Bundle", items: "Sequence[Item]") -> dict[str, np.ndarray]:
    """Runs the network on a batch of items.

    Args:
        bundle: a trained run of memory_qa.
        items: B stories with a question each.

    Returns:
        answer (B,) bytes; probability (B,) float32; sentences (B, N) bytes, the ones that were
        kept, "" behind the last; attention (B, hops, N) float32 over them; unknown_words (B,)
        bytes, separated by spaces, repeated where the text repeats them.
    """
    preprocessing = bundle.preprocessing
    encoded = preprocessing.encode(items)
    outputs = bundle.model.predict_on_batch(encoded)
    labels, probability = best_label(outputs["scores"])
    kept = [preprocessing.kept_sentences(story) for story, _ in items]
    sentences = np.full(encoded["story_ids"].shape[:2], b"", dtype=object)
    attention = np.zeros_like(outputs["attention"])
    for row, story in enumerate(kept):
        # The network has the latest sentence in its last row; a reader begins with the first.
        sentences[row, : len(story)] = [utf8(sentence) for sentence in story]
        attention[row, :, : len(story)] = outputs["attention"][row, :, -len(story) :]
    return {
        "answer": _strings(preprocessing.vocabulary.words[label] for label in labels),
        "probability": probability,
        "sentences": sentences,
        "attention": attention,
        "unknown_words": _strings(" ".join(preprocessing.unknown_words(item)) for item in items),
    }


def _strings(texts: Iterable[str]) -> np.ndarray:
    return np.array([utf8(text) for text in texts], dtype=object)


def utf8(text: str) -> bytes:
    """Encodes text as a server sends it; half of a surrogate pair, which JSON can hold, too."""
    return text.encode("utf-8", "replace")


def best_label(scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the likeliest label (B,) and its probability (B,) from logits (B, V).

    Padding and the unknown word are no answers, whatever their logit.
    """
    answers = scores[:, UNKNOWN_ID + 1 :].astype(np.float32)
    shifted = np.exp(answers - answers.max(axis=-1, keepdims=True))
    probabilities = shifted / shifted.sum(axis=-1, keepdims=True)
    return answers.argmax(axis=-1) + UNKNOWN_ID + 1, probabilities.max(axis=-1)


def readable(outputs: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Turns the named arrays into one dict a question.

    Returns:
        `answer`, `probability`, `unknown_words`, and `hops`: for each hop the sentences that
        were kept, the most looked-at first, as `{index, sentence, weight}` with the index
        counted from 1 in the order they were told.
    """
    return [
        {
            "answer": outputs["answer"][row].decode(),
            "probability": float(outputs["probability"][row]),
            "unknown_words": list(dict.fromkeys(outputs["unknown_words"][row].decode().split())),
            "hops": _hops(outputs["attention"][row], outputs["sentences"][row]),
        }
        for row in range(len(outputs["answer"]))
    ]


def _hops(attention: np.ndarray, sentences: np.ndarray) -> list[list[dict[str, Any]]]:
    """Reads attention (hops, N) over sentences (N,)."""
    return [
        [
            {
                "index": int(column) + 1,
                "sentence": sentences[column].decode("utf-8", "replace"),
                "weight": float(weights[column]),
            }
            for column in np.argsort(-weights, kind="stable")
            if sentences[column]
        ]
        for weights in attention
    ]


def hop_lines(result: Mapping[str, Any]) -> list[str]:
    """Returns one line a hop: the sentences it looked at most, with their share."""
    return [
        f"hop {number}: "
        + "  ".join(f"{seen['sentence']} ({seen['weight']:.2f})" for seen in hop[:MOST_SHOWN])
        for number, hop in enumerate(result["hops"], start=1)
        if hop
    ]
