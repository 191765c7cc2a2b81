"""A map of words: their vectors laid out in the plane, near words near each other."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from apps.word_analogies.pictures.figure import (
    label_points,
    new_figure,
    picture_path,
    save_figure,
)
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError

Method = Literal["pca", "tsne"]
MOST_WORDS = 500


def draw_map(
    vectors: WordVectors,
    words: Sequence[str],
    path: Path,
    *,
    method: Method = "pca",
    seed: int = 0,
) -> list[str]:
    """Draws words as points with their names.

    Args:
        vectors: the words and others.
        words: what to draw, 3 to 500.
        path: a picture file (.png, .svg, .pdf).
        method: "pca", the plane of the most variance, whose axes mean something; or "tsne", which
            keeps neighbours together and says nothing by its distances.
        seed: of t-SNE.

    Returns:
        The words without a vector, which were left out.

    Raises:
        DataError: fewer than three different words are known, or more than 500 are given.
        UserError: the format is unknown.
    """
    picture_path(path)
    words = list(dict.fromkeys(words))
    known = [word for word in words if word in vectors]
    if len(known) < 3 or len(words) > MOST_WORDS:
        unknown = [word for word in words if word not in vectors]
        hint = vectors.near(unknown[0]) if unknown else ""
        named = f" ({', '.join(unknown[:5])})" if unknown else ""
        raise DataError(
            f"Expected 3 to {MOST_WORDS} known words for a map, received {len(known)} known and "
            f"{len(unknown)} unknown ones{named}.{hint}"
        )
    places, title = lay_out(vectors, known, method=method, seed=seed)
    side = 6 + min(len(known), 200) / 25
    figure = new_figure(side * 1.25, side)
    axes = figure.subplots()
    axes.scatter(places[:, 0], places[:, 1], s=14, color="tab:blue")
    label_points(axes, places.tolist(), known)
    axes.set_title(title)
    axes.margins(0.12)
    if method == "pca":
        axes.set_aspect("equal", adjustable="datalim")
    else:
        axes.set(xticks=[], yticks=[])
    save_figure(figure, path)
    return [word for word in words if word not in vectors]


def lay_out(
    vectors: WordVectors, words: Sequence[str], *, method: Method, seed: int = 0
) -> tuple[np.ndarray, str]:
    """Returns a place in the plane for each word, float64 (n, 2), and what the plane is.

    Vectors of length 1 are used, since words are compared by angle. PCA: Hotelling 1933; t-SNE:
    van der Maaten and Hinton 2008, Journal of Machine Learning Research 9.
    """
    unit = vectors.unit[[vectors.index[word] for word in words]].astype(np.float64)
    centred = unit - unit.mean(axis=0)
    _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
    # A vector of one number has one axis only.
    plane = np.zeros((2, unit.shape[1]))
    plane[: min(2, len(axes))] = axes[:2]
    # The sign of an axis is free; fixed, so that pictures repeat.
    largest = np.abs(plane).argmax(axis=1)
    plane *= np.where(plane[[0, 1], largest] < 0, -1, 1)[:, None]
    if method == "pca":
        total = max(float((lengths**2).sum()), 1e-12)
        shown = 100 * float((lengths[:2] ** 2).sum()) / total
        return centred @ plane.T, f"PCA: {shown:.0f} % of the variance"
    from sklearn.manifold import TSNE

    perplexity = min(30.0, (len(words) - 1) / 3)
    machine = TSNE(perplexity=perplexity, init="random", random_state=seed, metric="cosine")
    return machine.fit_transform(unit).astype(np.float64), "t-SNE"
