"""Captions as named arrays, and as something a person can read.

`answer` gives in Python what `apps.image_captioning.serving` gives in a served graph: the same
names, types and shapes, so that an export can be compared with its bundle by value. `caption_all`
is for whoever scores a run.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from apps.image_captioning.answering.grids import ComputedGrids, encoded
from apps.image_captioning.preprocessing import END_ID, START_ID

if TYPE_CHECKING:
    from apps.image_captioning.batches import Grids
    from apps.image_captioning.example import Example
    from apps.image_captioning.preprocessing import CaptionPreprocessing
    from apps.image_captioning.search import CaptionSearch
    from shared.bundle import Bundle
    from shared.data.pictures.item import Item

# Pictures that are captioned at once where all are there from the start.
BATCH_SIZE = 32


def search_of(bundle: "Bundle") -> "CaptionSearch":
    """Returns the search with a run's decoder; compiled once."""
    from apps.image_captioning.search import CaptionSearch

    if "search" not in bundle.memo:
        bundle.memo["search"] = CaptionSearch(bundle.model.decoder, bundle.config.decoding)
    return bundle.memo["search"]


def answer(bundle: "Bundle", items: "Sequence[Item]") -> dict[str, np.ndarray]:
    """Captions a batch of pictures.

    Args:
        bundle: a run of image_captioning.
        items: B encoded pictures.

    Returns:
        caption (B,) bytes; log_probability and score (B,) float32 of it; captions (B, N) bytes,
        log_probabilities and scores (B, N) float32, the best first; words (B, T) bytes, those of
        the caption with "" behind; attention (B, T, R) float32, where the network looked for each
        word and for the end, R places row by row, zeros behind it, and all zeros from a network
        that does not look; crop (B,) float32, the part of the short side of a picture that the
        middle square of these places covers.
    """
    preprocessing, crop = bundle.preprocessing, bundle.config.pictures.crop
    features = encoded(items, [item.data for item in items], bundle.model.encoder, crop=crop)
    found = search_of(bundle).predict_on_batch({"features": features})
    token_ids = found["token_ids"]
    captions = np.array(
        [[preprocessing.decode(ids).encode() for ids in several] for several in token_ids], object
    )
    return {
        "caption": captions[:, 0],
        "log_probability": found["log_probability"][:, 0],
        "score": found["score"][:, 0],
        "captions": captions,
        "log_probabilities": found["log_probability"],
        "scores": found["score"],
        "words": _words(preprocessing)[token_ids[:, 0]],
        "attention": found["attention"][:, 0],
        "crop": np.full(len(items), crop, np.float32),
    }


def caption_all(
    bundle: "Bundle", examples: "Sequence[Example]", *, features: "Grids | None" = None
) -> list[str]:
    """Returns the best caption of each example, by a run and its own search.

    Args:
        bundle: a run of image_captioning.
        examples: N, read and decoded a batch at a time.
        features: of them in their order, where they are there already.

    Raises:
        DataError: a picture cannot be read or decoded any more; names it.
    """
    if features is None:
        crop = bundle.config.pictures.crop
        features = ComputedGrids(examples, bundle.model.encoder, crop=crop)
    captions: list[str] = []
    for start in range(0, len(examples), BATCH_SIZE):
        # Repeats fill the last batch, since another number of rows would be compiled anew.
        places = np.minimum(np.arange(start, start + BATCH_SIZE), len(examples) - 1)
        found = search_of(bundle).predict_on_batch({"features": features[places]})
        captions += map(bundle.preprocessing.decode, found["token_ids"][:, 0].tolist())
    return captions[: len(examples)]


def readable(items: "Sequence[Item]", outputs: Mapping[str, np.ndarray]) -> list[dict[str, Any]]:
    """Returns one result a picture.

    Args:
        items: B pictures.
        outputs: what `answer` returns, or a server.

    Returns:
        B times `answer`, `log_probability` (the sum over the words and the end), `score`,
        `picture` (its name); `captions`, the n best as `{caption, log_probability, score}`; and
        `attention` as `{words, weights, crop}`: the words of the caption, a row of R weights for
        each (no rows from a network that does not look), and see `answer`.
    """
    return [
        _one(item, {name: array[row] for name, array in outputs.items()})
        for row, item in enumerate(items)
    ]


def detail_lines(result: Mapping[str, Any]) -> list[str]:
    """Returns the n best, where there are several."""
    captions = result["captions"]
    if len(captions) < 2:
        return []
    return [f"{one['score']:.4f}  {one['caption']}" for one in captions]


def _words(preprocessing: "CaptionPreprocessing") -> np.ndarray:
    """Returns the bytes of each id, (V,), "" for what is no word."""
    _, *words = preprocessing.vocabulary.words
    silent = (START_ID, END_ID)
    names = [b"" if one in silent else word.encode() for one, word in enumerate(words, start=1)]
    return np.array([b"", *names], object)


def _one(item: "Item", output: Mapping[str, Any]) -> dict[str, Any]:
    words = [word.decode() for word in output["words"] if word]
    weights = output["attention"][: len(words)]
    return {
        "answer": output["caption"].decode(),
        "log_probability": float(output["log_probability"]),
        "score": float(output["score"]),
        "picture": item.name,
        "captions": [
            {"caption": text.decode(), "log_probability": float(total), "score": float(score)}
            for text, total, score in zip(
                output["captions"], output["log_probabilities"], output["scores"], strict=True
            )
        ],
        "attention": {
            "words": words,
            "weights": weights.tolist() if weights.any() else [],
            "crop": float(output["crop"]),
        },
    }
