"""CIDEr-D on ids: the reward of self-critical training, and a quick score for validation.

    cider = CiderD(references)            # of N images, each with some arrays of ids
    cider.scores(captions)                # one caption an image, float64 (N,)
    cider.scores(captions, images)        # any captions of any of these images

It is as coco-caption counts it, but in numpy and for all captions at once: thousands a second. The
app's evaluation asks coco-caption itself.
"""

from collections.abc import Sequence

import numpy as np

from apps.image_captioning.self_critical.grams import ORDERS, Grams, count_grams

SIGMA = 6.0


class CiderD:
    """Scores captions of images against what people wrote of them.

    With the n-grams g of 1 to 4 words, h(g) their number in a caption, df(g) the images that have g
    in a reference, and w(g) = h(g) (log N - log max(1, df(g))), the score of caption c is

        10 / 4 sum_n mean_r exp(-(l_c - l_r)^2 / 2 sigma^2) sum_g min(w_c, w_r) w_r / (|w_c| |w_r|)

    over the references r of the image, with l the number of 2-grams and sigma 6. It is from 0 to
    10; papers write a hundred times the mean over images.

    Source: Vedantam, Zitnick, Parikh 2015, CIDEr (arXiv:1411.5726), section 8, as coco-caption
    has it.

    Args:
        references: of each of N images, 1 or more arrays of ids from 0 to 65,534. The end of a
            caption counts as a word where it is given: give it in all captions, or in none.

    Raises:
        ValueError: an image has no reference, or an id is out of its range.

    Example:
    >>> dogs, cats = [np.array([5, 6, 7, 8])], [np.array([9, 6, 7, 4])]
    >>> CiderD([dogs, cats]).scores([np.array([5, 6, 7, 8]), np.array([5, 6, 7, 8])]).round(3)
    array([10.,  0.])
    """

    def __init__(self, references: Sequence[Sequence[np.ndarray]]):
        self._numbers = np.array([len(some) for some in references], np.int64)
        if not self._numbers.all():
            raise ValueError(
                f"Expected a reference for each image, got none for {int(self._numbers.argmin())}."
            )
        self._starts = np.cumsum(self._numbers) - self._numbers
        captions = [ids for some in references for ids in some]
        self._lengths = _two_grams(captions)
        grams = count_grams(captions)
        # The 0 in front, which is no gram, is a place for all that is below the first one.
        keys, places = np.unique(np.append(grams.keys, np.uint64(0)), return_inverse=True)
        self._keys, places = keys, places[:-1]
        images = np.repeat(np.arange(len(references)), self._numbers)
        said = np.unique(images[grams.rows] * len(keys) + places)
        document_frequency = np.bincount(said % len(keys), minlength=len(keys))
        self._log_images = np.log(max(1, len(references)))
        self._rarity = self._log_images - np.log(np.maximum(1, document_frequency))
        self._weights = grams.counts * self._rarity[places]
        # In ascending order, for so are the rows and, within them, the keys.
        self._codes = grams.rows * len(keys) + places
        self._norms = _norms(grams, self._weights, rows=len(captions))

    def scores(
        self, captions: Sequence[np.ndarray], images: Sequence[int] | np.ndarray | None = None
    ) -> np.ndarray:
        """Returns the score of each caption, float64 (P,), from 0 to 10.

        Args:
            captions: P arrays of ids.
            images: int (P,), from 0 to below N, what each is a caption of. Default: there are N,
                in the order of the references.

        Raises:
            ValueError: there are not as many images as captions, or one is out of its range.
        """
        images = self._checked(captions, images)
        grams = count_grams(captions)
        places = np.searchsorted(self._keys, grams.keys, side="right") - 1
        known = self._keys[places] == grams.keys
        weights = grams.counts * np.where(known, self._rarity[places], self._log_images)
        norms = _norms(grams, weights, rows=len(images))
        # Every caption meets each reference of its image: they are a pair.
        numbers = self._numbers[images]
        rows = np.repeat(np.arange(len(images)), numbers)
        references = _ranges(self._starts[images], numbers)
        pairs = _ranges((np.cumsum(numbers) - numbers)[grams.rows], numbers[grams.rows])
        gram = np.repeat(np.arange(len(places)), numbers[grams.rows])
        theirs = self._weights_of(references[pairs], places[gram], known[gram])
        products = np.minimum(weights[gram], theirs) * theirs
        dots = _sums(pairs * ORDERS + grams.orders[gram], products, rows=len(references))
        lengths = norms[rows] * self._norms[references]
        cosines = np.divide(dots, lengths, out=np.zeros_like(dots), where=lengths > 0)
        apart = _two_grams(captions)[rows] - self._lengths[references]
        alike = cosines.mean(axis=1) * np.exp(-(apart**2) / (2 * SIGMA**2))
        return 10.0 * np.bincount(rows, alike, minlength=len(images)) / numbers

    def _checked(
        self, captions: Sequence[np.ndarray], images: Sequence[int] | np.ndarray | None
    ) -> np.ndarray:
        count = len(self._numbers)
        images = np.arange(count) if images is None else np.asarray(images, np.int64)
        if len(images) != len(captions):
            raise ValueError(
                f"Expected an image for each caption, got {len(images)} for {len(captions)}."
            )
        if len(images) and not 0 <= images.min() <= images.max() < count:
            raise ValueError(
                f"Expected images from 0 to below {count}, got {images.min()} to {images.max()}."
            )
        return images

    def _weights_of(
        self, references: np.ndarray, places: np.ndarray, known: np.ndarray
    ) -> np.ndarray:
        """Returns what known grams weigh in references; 0 where they are not in one."""
        if not len(self._codes):
            return np.zeros(len(references))
        codes = references * len(self._keys) + places
        found = np.minimum(np.searchsorted(self._codes, codes), len(self._codes) - 1)
        return np.where(known & (self._codes[found] == codes), self._weights[found], 0.0)


def _norms(grams: Grams, weights: np.ndarray, *, rows: int) -> np.ndarray:
    """Returns the lengths of the vectors of each order, float64 (rows, 4)."""
    return np.sqrt(_sums(grams.rows * ORDERS + grams.orders, weights**2, rows=rows))


def _sums(places: np.ndarray, values: np.ndarray, *, rows: int) -> np.ndarray:
    # Of no values at all, bincount makes integers.
    sums = np.bincount(places, values, minlength=rows * ORDERS).astype(np.float64)
    return sums.reshape(rows, ORDERS)


def _ranges(starts: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """Returns start, start + 1, ... of each range, one range after the other."""
    return np.repeat(starts - np.cumsum(numbers) + numbers, numbers) + np.arange(numbers.sum())


def _two_grams(captions: Sequence[np.ndarray]) -> np.ndarray:
    return np.array([max(0, len(ids) - 1) for ids in captions], np.int64)
