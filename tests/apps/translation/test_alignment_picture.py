"""The picture of an alignment: what is drawn, what is left out, what is refused."""

import numpy as np
import pytest
from matplotlib.axes import Axes
from PIL import Image

from apps.translation.answering.attention_plot import MOST_PIECES, MOST_SENTENCES, draw_attention
from shared.errors import UserError


def make_result(across, down, *, seed=0):
    weights = np.random.default_rng(seed).dirichlet(np.ones(len(across)), size=len(down))
    return {
        "answer": " ".join(down),
        "alignment": {
            "source_tokens": across, "target_tokens": down, "weights": weights.tolist(),
        },
    }  # fmt: skip


@pytest.fixture
def drawn(monkeypatch):
    """The arrays that were drawn, in order."""
    arrays, draw = [], Axes.imshow

    def imshow(axes, array, **options):
        arrays.append(array)
        return draw(axes, array, **options)

    monkeypatch.setattr(Axes, "imshow", imshow)
    return arrays


def test_each_sentence_has_its_weights_and_its_pieces(tmp_path, drawn):
    results = [
        make_result(["▁an", "▁old", "▁owl", "</s>"], ["▁un", "▁vieux", "</s>"]),
        make_result(["$\\frac{$", "x_1", "中文"], ["<&>"], seed=1),
    ]
    path = tmp_path / "new" / "attention.svg"
    draw_attention(results, path)
    assert len(drawn) == 2
    for array, result in zip(drawn, results, strict=True):
        np.testing.assert_array_equal(array, result["alignment"]["weights"])
    text = path.read_text(encoding="utf-8")
    assert all(piece in text for piece in ("▁vieux", "$\\frac{$", "x_1", "&lt;&amp;&gt;"))


def test_long_and_many_sentences_are_cut(tmp_path, drawn):
    long = make_result([f"s{n}" for n in range(60)], [f"t{n}" for n in range(50)])
    draw_attention([long] * 9, tmp_path / "a.png")
    assert [array.shape for array in drawn] == [(MOST_PIECES, MOST_PIECES)] * MOST_SENTENCES
    expected = np.array(long["alignment"]["weights"])[:MOST_PIECES, :MOST_PIECES]
    np.testing.assert_array_equal(drawn[0], expected)
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.height > picture.width


def test_nothing_to_draw_and_strange_names_are_refused(tmp_path):
    result = make_result(["a", "</s>"], ["b", "</s>"])
    for results, name, said in (
        ([], "a.png", "received none"),
        ([make_result(["a"], [])], "a.png", "received none"),
        ([result], "a.doc", "a picture name such as attention.png, received 'a.doc'"),
    ):
        with pytest.raises(UserError, match=said):
            draw_attention(results, tmp_path / name)
    assert not list(tmp_path.iterdir())
