"""An analogy as a picture: the parallelogram that `king - man + woman` completes."""

from pathlib import Path

import numpy as np

from apps.word_analogies.pictures.figure import (
    label_points,
    new_figure,
    picture_path,
    save_figure,
)
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError


def draw_parallelogram(
    vectors: WordVectors, words: tuple[str, str, str], path: Path, *, answer: str | None = None
) -> str:
    """Draws `a is to b as c is to ?` in the plane of the three vectors.

    Three points span one plane, and b - a + c lies in it, so the parallelogram is true to angle
    and length; only the answer is seen in projection, and the title says how far off it stands.

    Args:
        vectors: the words; they are taken at length 1.
        words: a, b and c, such as (man, king, woman).
        path: a picture file (.png, .svg, .pdf).
        answer: the word to draw beside b - a + c; by default the one whose vector is most like it.

    Returns:
        The answer.

    Raises:
        DataError: a word is unknown (near names are offered), or the words are not three.
        UserError: the format is unknown.
    """
    picture_path(path)
    if len(set(words)) != 3:
        raise DataError(f"Expected three different words, received {', '.join(words)}.")
    a, b, c = (_unit(vectors, word) for word in words)
    target = b - a + c
    if answer is None:
        answer = _answer(vectors, target, words)
    points = np.stack([a, b, target, c, _unit(vectors, answer)])
    places, beside = in_plane(points)
    figure = new_figure(7, 5.5)
    axes = figure.subplots()
    round_trip = places[[0, 1, 2, 3, 0]]
    axes.plot(round_trip[:, 0], round_trip[:, 1], color="tab:grey", linewidth=1)
    axes.scatter(places[[0, 1, 3], 0], places[[0, 1, 3], 1], color="tab:blue", zorder=3)
    question = f"{words[1]} - {words[0]} + {words[2]}"
    axes.scatter(*places[2], facecolors="white", edgecolors="tab:blue", zorder=3)
    axes.scatter(*places[4], color="tab:orange", zorder=3)
    axes.plot(*places[[2, 4]].T, color="tab:orange", linestyle=":")
    # The corner itself is named by the title: its label would lie on that of the answer.
    labels = [words[0], words[1], words[2], answer]
    label_points(axes, places[[0, 1, 3, 4]].tolist(), labels, size=11, above=True)
    cosine = float(target @ points[4] / max(np.linalg.norm(target), 1e-12))
    axes.set_title(
        f"{question} = {answer}\ncosine {cosine:.2f}, {beside:.2f} beside the plane",
        parse_math=False,
    )
    axes.margins(0.25)
    axes.set_aspect("equal", adjustable="datalim")
    save_figure(figure, path)
    return answer


def in_plane(points: np.ndarray) -> tuple[np.ndarray, float]:
    """Returns places in the plane of a, b and c, and how far the last point is beside it.

    Args:
        points: float64 (5, D): a, b, b - a + c, c and the answer.

    Returns:
        Float64 (5, 2) with a at the origin and b on the first axis, and a distance.
    """
    from_a = points - points[0]
    first = _axis(from_a[1], [])
    second = _axis(from_a[3], [first])
    if not second.any():
        # All three on one line: the answer opens the plane.
        second = _axis(from_a[4], [first])
    plane = np.stack([first, second])
    places = from_a @ plane.T
    return places, float(np.linalg.norm(from_a[4] - places[4] @ plane))


def _axis(vector: np.ndarray, others: list[np.ndarray]) -> np.ndarray:
    """Returns what of a vector is orthogonal to others, at length 1; zeros if nothing is."""
    for other in others:
        vector = vector - (vector @ other) * other
    length = float(np.linalg.norm(vector))
    return vector / length if length > 1e-6 else np.zeros_like(vector)


def _unit(vectors: WordVectors, word: str) -> np.ndarray:
    vector = vectors[word].astype(np.float64)
    return vector / max(float(np.linalg.norm(vector)), 1e-12)


def _answer(vectors: WordVectors, target: np.ndarray, words: tuple[str, str, str]) -> str:
    """Returns the word nearest to b - a + c (3CosAdd) that is none of the three."""
    scores = vectors.unit @ target.astype(np.float32)
    scores[[vectors.index[word] for word in words]] = -np.inf
    best = int(scores.argmax())
    if not np.isfinite(scores[best]):
        raise DataError("Expected a fourth word as an answer, received vectors of three words.")
    return vectors.words[best]
