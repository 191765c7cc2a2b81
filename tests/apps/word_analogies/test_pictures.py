import numpy as np
import pytest
from PIL import Image
from planted_bias import planted
from sklearn.decomposition import PCA

from apps.word_analogies.pictures.map import draw_map, lay_out
from apps.word_analogies.pictures.parallelogram import draw_parallelogram, in_plane
from apps.word_analogies.vectors import WordVectors
from shared.errors import DataError, UserError

WORDS = ("man", "king", "woman", "queen", "boxer", "nurse")


@pytest.fixture(scope="module")
def vectors():
    return planted(neutral=50).vectors


def test_the_map_is_the_one_of_sklearn(vectors):
    places, title = lay_out(vectors, WORDS, method="pca")
    unit = vectors.unit[[vectors.index[word] for word in WORDS]]
    oracle = PCA(n_components=2).fit(unit)
    np.testing.assert_allclose(np.abs(places), np.abs(oracle.transform(unit)), atol=1e-5)
    assert title == f"PCA: {100 * oracle.explained_variance_ratio_.sum():.0f} % of the variance"


def test_tsne_repeats_and_keeps_groups_together():
    generator = np.random.default_rng(0)
    groups = np.repeat(np.eye(6)[:2], 10, axis=0) + 0.05 * generator.normal(size=(20, 6))
    vectors = WordVectors(tuple(f"w{i}" for i in range(20)), groups.astype(np.float32))
    places, _ = lay_out(vectors, vectors.words, method="tsne", seed=1)
    again, _ = lay_out(vectors, vectors.words, method="tsne", seed=1)
    np.testing.assert_array_equal(places, again)
    distances = np.linalg.norm(places[:, None] - places[None], axis=-1) + 1e9 * np.eye(20)
    nearest = distances.argmin(axis=1)
    assert ((nearest < 10) == (np.arange(20) < 10)).all()


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_a_map_is_drawn_and_unknown_words_are_told(vectors, tmp_path, method):
    path = tmp_path / "new" / "map.png"
    assert draw_map(vectors, [*WORDS, "kng", "king"], path, method=method) == ["kng"]
    with Image.open(path) as picture:
        assert picture.format == "PNG" and picture.width > 300


def test_odd_words_and_flat_vectors_are_drawn(tmp_path):
    words = ("$\\frac{$", "x_1", "\u4e2d\u6587", "<&>")
    vectors = WordVectors(words, np.array([[1], [2], [-1], [0]], np.float32))
    assert draw_map(vectors, words, tmp_path / "map.svg") == []
    assert "\\frac{$" in (tmp_path / "map.svg").read_text(encoding="utf-8")
    assert draw_parallelogram(vectors, words[:3], tmp_path / "p.png") == "<&>"


def test_a_map_needs_three_known_words_and_a_picture_name(vectors, tmp_path):
    with pytest.raises(
        DataError, match=r"2 known and 1 unknown ones \(kingg\)\. Did you mean 'king'"
    ):
        draw_map(vectors, ["man", "queen", "kingg"], tmp_path / "map.png")
    with pytest.raises(UserError, match=r"\.png, \.svg, \.pdf"):
        draw_map(vectors, WORDS, tmp_path / "map.doc")
    assert not list(tmp_path.iterdir())


def test_a_parallelogram_is_true_to_length_and_angle():
    generator = np.random.default_rng(0)
    a, b, c, answer = generator.normal(size=(4, 9))
    places, beside = in_plane(np.stack([a, b, b - a + c, c, answer]))
    assert places[0].tolist() == [0, 0] and places[1, 1] == pytest.approx(0)
    np.testing.assert_allclose(places[2], places[1] + places[3])
    for one, other in ((0, 1), (0, 3), (1, 3), (0, 2)):
        points = (a, b, b - a + c, c)
        np.testing.assert_allclose(
            np.linalg.norm(places[one] - places[other]), np.linalg.norm(points[one] - points[other])
        )
    # Pythagoras: what is not seen of the answer stands beside the plane.
    seen = np.linalg.norm(places[4])
    assert seen**2 + beside**2 == pytest.approx(np.linalg.norm(answer - a) ** 2)


def test_the_planted_analogy_is_drawn_with_its_answer(vectors, tmp_path):
    path = tmp_path / "analogy.png"
    assert draw_parallelogram(vectors, ("he", "king", "she"), path) == "queen"
    with Image.open(path) as picture:
        assert picture.format == "PNG"
    assert draw_parallelogram(vectors, ("he", "king", "she"), path, answer="nurse") == "nurse"


def test_an_analogy_of_unknown_or_equal_words_is_refused(vectors, tmp_path):
    with pytest.raises(DataError, match=r"'kingg'\. Did you mean 'king'"):
        draw_parallelogram(vectors, ("man", "kingg", "woman"), tmp_path / "a.png")
    with pytest.raises(DataError, match="three different words"):
        draw_parallelogram(vectors, ("man", "king", "man"), tmp_path / "a.png")
    with pytest.raises(DataError, match="a fourth word"):
        draw_parallelogram(vectors.limited(3), vectors.words[:3], tmp_path / "a.png")
    assert not list(tmp_path.iterdir())
