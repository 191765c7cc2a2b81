"""Both languages' tokenisers: joint or separate, from training pairs, kept in a folder."""

import pytest

from apps.translation.sample import sample_pairs
from apps.translation.tokenisers import Tokenisers
from shared.errors import BundleError, DataError

pytest.importorskip("sentencepiece")
PAIRS = sample_pairs(0, 1000)


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_joint_one_knows_both_languages(tmp_path):
    both = Tokenisers.fit(PAIRS, size=400, kind="bpe")
    assert both.joint and both.source is both.target
    words = {"▁not", "▁small", "▁pas", "▁Est"}
    assert words <= set(both.source.pieces)
    both.save(tmp_path)
    assert files(tmp_path) == ["joint.model", "joint.vocab"]
    again = Tokenisers.load(tmp_path)
    assert again == both and again.source is again.target


def test_separate_ones_know_one_language_each(tmp_path):
    each = Tokenisers.fit(PAIRS, joint=False, size=260, kind="bpe")
    assert not each.joint and [len(each.source), len(each.target)] == [260, 260]
    assert "é" not in "".join(each.source.pieces) and "é" in "".join(each.target.pieces)
    for side, tokeniser in (("source", each.source), ("target", each.target)):
        texts = [getattr(pair, side) for pair in PAIRS]
        assert tokeniser.decode(tokeniser.encode(texts)) == texts
    each.save(tmp_path)
    assert files(tmp_path) == ["source.model", "source.vocab", "target.model", "target.vocab"]
    assert Tokenisers.load(tmp_path) == each
    (tmp_path / "target.model").unlink()
    with pytest.raises(BundleError, match=r"target\.model"):
        Tokenisers.load(tmp_path)


def test_nothing_to_fit_or_to_load(tmp_path):
    with pytest.raises(DataError, match="Expected training pairs"):
        Tokenisers.fit([], size=100)
    with pytest.raises(BundleError, match=r"joint\.model"):
        Tokenisers.load(tmp_path)
