"""Scores of captions against coco-caption's own wrappers, sacrebleu, and counts by hand."""

import sys

import numpy as np
import pytest
import sacrebleu
from java_here import (
    java,  # noqa: F401
    without_java,
)
from pycocoevalcap.tokenizer import ptbtokenizer

from apps.image_captioning.evaluation.meteor import meteor_scores
from apps.image_captioning.evaluation.ptb_tokens import ptb_tokens
from apps.image_captioning.evaluation.scores import counted_by, score_captions
from shared.errors import DataError, MissingPackageError

CAPTIONS = (
    "a dog runs through the grass",
    "two children play on a beach",
    "a man 's bike leans against a wall",
    "",
    "a dog runs through the grass",
)
REFERENCES = (
    ("A brown dog is running through tall grass .", "The dog runs (fast) on a lawn."),
    ("Two kids are playing at the sea-side.", "Children play on a beach!", "Some boys swim"),
    ("A man's bicycle is leaning against the wall.", "Somebody can't ride this bike: it's old"),
    ('A snowboarder jumps -- high -- over "the" ramp...', "Un café, 犬 & 3/4 of it; $5"),
    ("A cat sleeps on a sofa.",),
)
# What PTBTokenizer, Bleu, Meteor, Rouge and Cider of pycocoevalcap 1.2 said of these, run by
# themselves on Java 25.
WHOLE = {
    "bleu_1": 51.6948819217,
    "bleu_2": 34.1110510048,
    "bleu_3": 26.3480408129,
    "bleu_4": 20.7349770629,
    "meteor": 25.5312017179,
    "rouge_l": 44.6009557036,
    "cider": 119.6634893167,
}
EACH = {
    "bleu_1": (71.6531310335, 99.9999999833, 66.1872676773, 0.0, 16.6666666611),
    "meteor": (23.9197961033, 55.7529526433, 43.6856107357, 0.0, 3.2520325203),
    "rouge_l": (55.7077625571, 92.4242424242, 58.2061068702, 0.0, 16.6666666667),
    "cider": (133.786438, 297.746535, 166.784473, 0.0, 0.0),
}
# What may break a line, stand for a separator, or be no character.
NASTY = (
    "A man's dog (brown) can't -- run.",
    "",
    "  ... !?",
    "two\nlines\r\nof\u2028one\u0085caption\x0bwith\x0cbreaks\x1cin it",
    "a ||| b |||| c",
    "half a character \udcff, none\x00 at all, \N{DOG FACE} and caf\xe9 \u72ac",
    "<b>Mr. Smith</b> &amp; co. paid $5 at 10:30, see http://example.org/a?b",
    "",
)


def test_scores_are_those_of_coco_caption(java, capfd):  # noqa: F811
    found = score_captions(CAPTIONS, REFERENCES)
    assert list(found.scores) == list(WHOLE)
    assert found.scores == pytest.approx(WHOLE, rel=1e-9)
    for name, values in EACH.items():
        assert found.by_image[name] == pytest.approx(np.array(values), rel=1e-7), name
    assert "METEOR 1.5" in counted_by()
    # Programs and scorers print what nobody asked for.
    assert capfd.readouterr() == ("", "")


def test_tokens_are_those_of_coco_caption(java, tmp_path, monkeypatch):  # noqa: F811
    """Its wrapper is called on one caption at a time, and away from the installed package."""
    jar = ptbtokenizer.STANFORD_CORENLP_3_4_1_JAR
    (tmp_path / jar).symlink_to(ptbtokenizer.__file__.replace("ptbtokenizer.py", jar))
    (tmp_path / "java").symlink_to(java)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    texts = [text for some in REFERENCES for text in some]
    plain = [text for text in (*texts, *CAPTIONS, NASTY[0], NASTY[4], NASTY[6]) if text]
    with monkeypatch.context() as patch:
        patch.setattr(ptbtokenizer, "__file__", str(tmp_path / "ptbtokenizer.py"))
        wrapper = ptbtokenizer.PTBTokenizer()
        wanted = wrapper.tokenize({place: [{"caption": one}] for place, one in enumerate(plain)})
    found = ptb_tokens(plain, java=java)
    assert found == [wanted[place][0] for place in range(len(plain))]


def test_every_caption_has_its_own_line_of_tokens(java):  # noqa: F811
    found = ptb_tokens(NASTY, java=java)
    assert found == [
        "a man 's dog -lrb- brown -rrb- ca n't run",
        "",
        "!?",  # one mark of two, which coco-caption does not remove
        "two lines of one caption with breaks in it",
        "a | | | b | | | | c",
        "half a character none at all and café 犬",
        found[6],
        "",
    ]
    assert found[6].startswith("<b> mr. smith </b> & co. paid $ 5 at 10:30 see http")
    assert ptb_tokens([], java=java) == []


def test_meteor_takes_any_tokens(java):  # noqa: F811
    right = [["a dog ||| runs"], ["a b"], ["un café 犬"], ["x", "the boy ||| a dog"]]
    whole, each = meteor_scores(["a dog runs", "", "un café 犬", "a dog"], right, java=java)
    # Of one run of words that are all right, its penalty is half the cube of 1 / words.
    assert each[0] == pytest.approx(1 - 0.6 / 3**0.2, abs=0.5) and each[0] > 0.9
    assert each[1] == 0.0 and each[2] > 0.9
    # Separators in a text are none: "the boy a dog" is one reference, and half of it was said.
    assert 0.1 < each[3] < 0.9
    assert 0.0 < whole < 1.0


def test_bleu_is_that_of_sacrebleu_on_the_same_tokens(tmp_path, monkeypatch):
    without_java(monkeypatch, tmp_path)
    words = np.random.default_rng(0).choice(list("abcdefg"), (40, 4, 9))
    lengths = np.random.default_rng(1).integers(4, 10, (40, 4))
    texts = [
        [" ".join(row[:n]) for row, n in zip(rows, some, strict=True)]
        for rows, some in zip(words, lengths, strict=True)
    ]
    captions, references = [one[0] for one in texts], [one[1:] for one in texts]
    found = score_captions(captions, references)
    for order in range(1, 5):
        metric = sacrebleu.BLEU(max_ngram_order=order, tokenize="none", smooth_method="none")
        wanted = metric.corpus_score(captions, list(zip(*references, strict=True))).score
        assert found.scores[f"bleu_{order}"] == pytest.approx(wanted, rel=1e-6)


def test_without_java_two_are_left_out_with_one_line(tmp_path, monkeypatch, capsys):
    without_java(monkeypatch, tmp_path)
    found = score_captions(["A dog's ball.", "the cat"], [["a dog's ball"], ["a cat", "the hat"]])
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1
    assert "No Java was found" in said.err and "brickyard[caption-metrics]" in said.err
    assert list(found.scores) == [name for name in WHOLE if name != "meteor"]
    # Words as `shared.text.words` cuts them: "dog's" is one, so 3 + 2 words of 3 + 2 are right.
    assert found.scores["bleu_1"] == pytest.approx(100.0)
    assert found.by_image["rouge_l"][0] == pytest.approx(100.0)
    assert "without Java" in counted_by()


def test_one_image_alone_has_no_cider(tmp_path, monkeypatch):
    without_java(monkeypatch, tmp_path)
    assert score_captions(["a dog"], [["a dog"]]).scores["cider"] == 0.0


def test_nothing_to_score_is_one_sentence():
    with pytest.raises(DataError, match="Expected captions to score, received none"):
        score_captions([], [])


def test_a_missing_package_is_named_with_its_extra(monkeypatch):
    for name in [one for one in sys.modules if one.split(".")[0] == "pycocoevalcap"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "pycocoevalcap", None)
    with pytest.raises(MissingPackageError, match=r"brickyard\[caption-metrics\]"):
        score_captions(["a dog"], [["a dog"]])
