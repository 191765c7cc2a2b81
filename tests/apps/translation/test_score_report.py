"""The report of a run, against sacrebleu's own classes."""

import random

import pytest
import sacrebleu
import sacremoses
from sacrebleu.metrics import BLEU, CHRF, TER

from apps.translation.scoring.report import report_on, score_by_length, worst_sentences
from apps.translation.scoring.scores import score_translations, signatures

WORDS = ["the", "cat", "sees", "two", "old", "owls", "and", "sleeps", "here", "."]


def draw_sentences(lengths, *, seed=0):
    """Sources of these lengths; translations that are the reference but for some of the words."""
    chance = random.Random(seed)
    sources = [" ".join(chance.choices(WORDS, k=length)) for length in lengths]
    references = [source.replace("the", "La") for source in sources]
    translations = [
        " ".join(word if chance.random() < 0.8 else "vu" for word in reference.split())
        for reference in references
    ]
    return sources, translations, references


def test_signatures_are_those_of_sacrebleu():
    told = signatures("fr_CA")
    version = sacrebleu.__version__
    assert told["bleu"] == f"nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:{version}"
    assert "tok:none" in told["bleu_lowercased_tokenised"]
    assert told["bleu_lowercased_tokenised"].endswith(f"sacremoses {sacremoses.__version__} for fr")
    for name, metric in {"chrf": CHRF(), "ter": TER()}.items():
        metric.corpus_score(["a b"], [["a c"]])
        assert told[name] == str(metric.get_signature())
    _, translations, references = draw_sentences([8] * 5)
    assert set(told) == set(score_translations(translations, references, language="fr"))


def test_each_length_has_the_scores_of_its_own_sentences():
    lengths = [5, 6, 50, 51, 1, 10, 11, 200, 30, 31]
    sources, translations, references = draw_sentences(lengths)
    found = {(one.shortest, one.longest): one for one in score_by_length(
        sources, translations, references
    )}  # fmt: skip
    groups = {
        (1, 5): [0, 4], (6, 10): [1, 5], (11, 15): [6], (21, 30): [8], (31, 50): [2, 9],
        (51, None): [3, 7],
    }  # fmt: skip
    assert list(found) == list(groups)
    for group, places in groups.items():
        ours = [translations[place] for place in places]
        right = [references[place] for place in places]
        bleu = BLEU().corpus_score(ours, [right])
        assert found[group].sentences == len(places)
        assert found[group].bleu == pytest.approx(bleu.score)
        assert found[group].chrf == pytest.approx(CHRF().corpus_score(ours, [right]).score)
        assert found[group].length_ratio == pytest.approx(bleu.sys_len / bleu.ref_len)


def test_the_worst_have_the_lowest_chrf():
    sources, translations, references = draw_sentences([4, 9, 12, 7, 8, 6, 5, 3] * 3, seed=1)
    translations[5] = "zzz"
    translations[20] = ""
    found = worst_sentences(sources, translations, references, count=6)
    chrf = [
        CHRF().sentence_score(one, [other]).score
        for one, other in zip(translations, references, strict=True)
    ]
    assert [one.chrf for one in found] == pytest.approx(sorted(chrf)[:6])
    assert {one.number for one in found[:2]} == {6, 21}
    for one in found:
        place = one.number - 1
        assert (one.source, one.translation, one.reference) == (
            sources[place], translations[place], references[place],
        )  # fmt: skip
        expected = sacrebleu.sentence_bleu(one.translation, [one.reference]).score
        assert one.bleu == pytest.approx(expected)
    assert worst_sentences(sources, translations, references, count=0) == ()
    assert len(worst_sentences(sources, translations, references, count=999)) == len(sources)


def test_equals_stand_in_the_order_of_the_data():
    found = worst_sentences(["a", "b", "c"], ["x", "x", "x"], ["y", "y", "x"], count=3)
    assert [one.number for one in found] == [1, 2, 3]


def test_a_report_holds_the_scores_of_evaluate():
    sources, translations, references = draw_sentences([7] * 20, seed=2)
    report = report_on(sources, translations, references, language="fr", worst=2)
    assert report.scores == score_translations(translations, references, language="fr")
    assert [one.sentences for one in report.by_length] == [20]
    assert report.by_length[0].bleu == pytest.approx(report.scores["bleu"])
    assert len(report.worst) == 2
