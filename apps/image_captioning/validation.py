"""What is scored after each epoch: the captions that the network writes of validation images.

Not the loss: it falls as long as words are predicted better from the words before them, while
captions have long ceased to improve. CIDEr-D, and not BLEU-4, for it counts the words that tell
images apart, is what self-critical training raises, and varies less over a thousand images.
"""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from apps.image_captioning.preprocessing import END_ID
from apps.image_captioning.search import CaptionSearch
from apps.image_captioning.self_critical.cider import CiderD
from shared.text.words import split_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import keras

    from apps.image_captioning.batches import Grids
    from apps.image_captioning.config import DecodingConfig
    from apps.image_captioning.example import Example
    from apps.image_captioning.preprocessing import CaptionPreprocessing

# Images that are captioned after each epoch at most, evenly spaced over the part.
JUDGED = 1000
BATCH_SIZE = 50
# The score that decides which epoch is the best one.
MONITOR = "val_cider"


def judged(examples: "Sequence[Example]") -> "list[Example]":
    """Returns the examples whose captions are scored after each epoch."""
    count = min(JUDGED, len(examples))
    return [examples[place * len(examples) // count] for place in range(count)]


def references(preprocessing: "CaptionPreprocessing", example: "Example") -> "list[np.ndarray]":
    """Returns the ids of the captions of an image with their ends; none is cut."""
    longest = max(len(split_words(caption)) for caption in example.captions)
    return preprocessing.encode(example.captions, max_words=longest)


class Judge:
    """Scores a decoder by its greedy captions; called as `Stage.validate`.

    Args:
        decoder: as it is when it is asked.
        preprocessing: the words.
        examples: N, as from `judged`.
        features: of them, asked for each time, as the encoder may have changed.
        config: of the search, whose beam is not followed here: greedy captions take a third of the
            time, and rank epochs alike.
    """

    def __init__(
        self,
        decoder: "keras.Model",
        preprocessing: "CaptionPreprocessing",
        examples: "Sequence[Example]",
        features: "Callable[[], Grids]",
        config: "DecodingConfig",
    ):
        self._search = CaptionSearch(decoder, replace(config, beam_width=1, n_best=1))
        self._features = features
        self._cider = CiderD([references(preprocessing, one) for one in examples])

    def __call__(self) -> dict[str, float]:
        """Returns {"cider": CIDEr-D of all captions, on words of the vocabulary, times 100}."""
        features = self._features()
        written: list[np.ndarray] = []
        for start in range(0, len(features), BATCH_SIZE):
            # Repeats fill the last batch, since another number of rows would be compiled anew.
            places = np.minimum(np.arange(start, start + BATCH_SIZE), len(features) - 1)
            found = self._search.predict_on_batch({"features": features[places]})
            written += list(found["token_ids"][:, 0])
        captions = [_until_end(ids) for ids in written[: len(features)]]
        return {"cider": 100.0 * float(self._cider.scores(captions).mean())}


def _until_end(ids: np.ndarray) -> np.ndarray:
    """Returns the ids of a caption up to its end, which stands for the end of a sentence."""
    ends = np.flatnonzero(ids == END_ID)
    return ids[: ends[0] + 1] if len(ends) else ids[ids != 0]
