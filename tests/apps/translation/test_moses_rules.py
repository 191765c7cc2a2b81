"""Which of Moses' rules a language gets, against sacremoses itself."""

import pytest
import sacremoses
from sacrebleu.metrics import BLEU

from apps.translation.scoring.moses import MosesTokens
from apps.translation.scoring.scores import score_translations, signatures

TEXT = "Dr. Weiß sagt: „Ich hab's dem Bürgermeister z.B. gesagt“ ... l'owl isn't No. 5!"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("en", "en"), ("eng", "en"), ("en-US", "en"), ("en_GB", "en"), ("English", "en"),
        ("deu", "de"), ("ger", "de"), ("DE", "de"), ("de_AT.utf", "de"), ("fre", "fr"),
        ("fra", "fr"), ("cze", "cs"), ("cz", "cs"), ("zh-Hans", "zh"), ("cmn", "zh"),
        ("jpn", "ja"), ("ko", "ko"), ("pt-BR", "pt"), ("yue", "yue"), (" it ", "it"),
    ],
)  # fmt: skip
def test_a_language_has_its_own_rules_however_it_is_written(written, code):
    moses = MosesTokens(written)
    assert (moses.language, moses.remark) == (code, "")
    normaliser = sacremoses.MosesPunctNormalizer(lang=code)
    tokeniser = sacremoses.MosesTokenizer(lang=code)
    tokens = tokeniser.tokenize(normaliser.normalize(TEXT.lower()), escape=False)
    assert moses.lowercased([TEXT]) == [" ".join(tokens)]


def test_the_rules_differ_between_languages():
    assert len({MosesTokens(code).lowercased([TEXT])[0] for code in ("en", "de", "fr")}) == 3


@pytest.mark.parametrize(
    ("written", "said"), [("", "an unknown language"), ("sw", "'sw'"), ("x-klingon", "'x-klingon'")]
)
def test_without_rules_of_its_own_a_language_is_told_which_it_gets(written, said, capsys):
    scores = score_translations([TEXT], [TEXT.replace("sagt", "meint")], language=written)
    told = capsys.readouterr().err
    assert told.count("\n") == 1 and said in told and "rules of Moses for 'en'" in told
    english = score_translations([TEXT], [TEXT.replace("sagt", "meint")], language="eng")
    assert not capsys.readouterr().err
    assert scores == english
    assert signatures(written)["bleu_lowercased_tokenised"].endswith(" for en")


def test_lowercased_bleu_is_of_these_tokens():
    other = TEXT.replace("sagt", "meint")
    tokens = [MosesTokens("de").lowercased([text]) for text in (TEXT, other)]
    expected = BLEU(tokenize="none", force=True).corpus_score(tokens[0], [tokens[1]]).score
    found = score_translations([TEXT.title()], [other], language="deu")
    assert found["bleu_lowercased_tokenised"] == pytest.approx(expected)
    assert 0 < expected < 100
