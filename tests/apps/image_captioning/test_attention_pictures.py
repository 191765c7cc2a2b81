"""The picture of where a network looked: what is lit, what is left out, what is refused."""

import io

import numpy as np
import pytest
from matplotlib.axes import Axes
from PIL import Image

from apps.image_captioning.answering.attention_plot import (
    COLUMNS,
    MOST_PICTURES,
    PIXELS,
    SHADOW,
    draw_attention,
    lit,
)
from shared.errors import UserError

SIDE = 4


def make_result(picture, words, *, looked=0, crop=1.0):
    """A result that looks at one of 4 x 4 places, the next one for each word."""
    weights = np.full((len(words), SIDE * SIDE), 0.01)
    for row in range(len(words)):
        weights[row, looked + row] = 0.85
    attention = {"words": words, "weights": weights.tolist(), "crop": crop}
    return {"answer": " ".join(words), "picture": str(picture), "attention": attention}


@pytest.fixture
def drawn(monkeypatch):
    """The arrays that were drawn, in order."""
    arrays, draw = [], Axes.imshow

    def imshow(axes, array, **options):
        arrays.append(array)
        return draw(axes, array, **options)

    monkeypatch.setattr(Axes, "imshow", imshow)
    return arrays


def quarters(path, size=(80, 80)):
    """Writes a picture of four colours: red and green above blue and white."""
    image = Image.new("RGB", size, "white")
    half = (size[0] // 2, size[1] // 2)
    image.paste("red", (0, 0, *half))
    image.paste("lime", (half[0], 0, size[0], half[1]))
    image.paste("blue", (0, half[1], half[0], size[1]))
    file = io.BytesIO()
    image.save(file, "PNG")
    path.write_bytes(file.getvalue())
    return path


def test_light_falls_where_the_weight_is():
    for place in range(SIDE * SIDE):
        weights = np.full(SIDE * SIDE, 0.0)
        weights[place] = 0.4
        light = lit(weights)
        row, column = divmod(place, SIDE)
        cell = PIXELS // SIDE
        middle = light[row * cell + cell // 2, column * cell + cell // 2]
        assert middle == pytest.approx(1.0, abs=0.03) and light.max() <= 1.0
        far = light[((row + 2) % SIDE) * cell + cell // 2, column * cell + cell // 2]
        assert far == pytest.approx(SHADOW)
    np.testing.assert_allclose(lit(np.full(9, 0.02)), 1.0)


def test_each_word_has_the_picture_and_its_light(tmp_path, drawn):
    path = quarters(tmp_path / "four.png")
    words = ["$\\frac{", "<dog>", "中文"]
    draw_attention([make_result(path, words)], tmp_path / "new" / "attention.svg")
    assert len(drawn) == 4
    whole, first, second, _ = drawn
    assert whole.shape == (PIXELS, PIXELS, 3)
    for (y, x), colour in {
        (0.2, 0.2): (1, 0, 0), (0.2, 0.8): (0, 1, 0), (0.8, 0.2): (0, 0, 1), (0.8, 0.8): (1, 1, 1),
    }.items():  # fmt: skip
        there = int(y * PIXELS), int(x * PIXELS)
        np.testing.assert_allclose(whole[there], colour, atol=0.01)
    weights = np.array(make_result(path, words)["attention"]["weights"])
    for array, row in zip(drawn[1:], weights, strict=True):
        np.testing.assert_allclose(array, whole * lit(row)[..., None], atol=1e-6)
    corner = PIXELS // 8
    assert first[corner, corner, 0] > 0.95 > 0.5 > second[corner, corner, 0]
    text = (tmp_path / "new" / "attention.svg").read_text(encoding="utf-8")
    assert all(one in text for one in ("four.png", "$\\frac{  0.85", "&lt;dog&gt;  0.85"))


def test_the_square_that_was_seen_is_drawn(tmp_path, drawn):
    wide = quarters(tmp_path / "wide.png", size=(240, 80))
    draw_attention([make_result(wide, ["a"], crop=0.5)], tmp_path / "a.png")
    # The middle 40 of 240 x 80 pixels: the colours still meet in the middle.
    image = Image.open(wide).convert("RGB").crop((100, 20, 140, 60))
    expected = np.asarray(image.resize((PIXELS, PIXELS), Image.Resampling.BILINEAR)) / 255.0
    assert np.abs(drawn[0] - expected).mean() < 0.01


def test_many_pictures_and_long_captions(tmp_path, drawn):
    path = quarters(tmp_path / "four.png")
    words = [f"w{number}" for number in range(13)]
    draw_attention([make_result(path, words)] * 9, tmp_path / "many.png")
    assert len(drawn) == MOST_PICTURES * (1 + len(words))
    with Image.open(tmp_path / "many.png") as picture:
        rows = MOST_PICTURES * -(-(1 + len(words)) // COLUMNS)
        assert picture.height / picture.width == pytest.approx(
            rows * 2.0 / (COLUMNS * 1.7), rel=0.1
        )


def test_what_is_gone_is_drawn_as_light_alone(tmp_path, drawn):
    note = tmp_path / "note.png"
    note.write_text("no picture")
    for name in (tmp_path / "gone.jpg", "picture", tmp_path, note, "x" * 5000):
        drawn.clear()
        draw_attention([make_result(name, ["a"])], tmp_path / "a.png")
        light = lit(np.array(make_result(name, ["a"])["attention"]["weights"][0]))
        np.testing.assert_allclose(drawn[1], np.repeat(light[..., None], 3, axis=-1), atol=1e-6)


def test_nothing_to_draw_and_strange_names_are_refused(tmp_path):
    result = make_result("picture", ["a"])
    blind = {**result, "attention": {"words": ["a"], "weights": [], "crop": 1.0}}
    for results, name, said in (
        ([], "a.png", "received none"),
        ([make_result("picture", [])], "a.png", "received none"),
        ([blind, blind], "a.png", "show_and_tell"),
        ([result], "a.doc", "a picture name such as attention.png, received 'a.doc'"),
    ):
        with pytest.raises(UserError, match=said):
            draw_attention(results, tmp_path / name)
    assert not list(tmp_path.iterdir())
