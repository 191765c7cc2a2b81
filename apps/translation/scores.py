"""Scores of translations: cased BLEU, BLEU as the Multi30k papers count it, chrF and TER.

sacrebleu counts all of them (Post 2018, arXiv:1804.08771); what it is given decides the figure:

- `bleu`: our cased sentences and the references as they are, tokenised by sacrebleu's 13a.
- `bleu_lowercased_tokenised`: both lower-cased, then normalised and tokenised by the rules of Moses
  (sacremoses), then counted as they stand. Papers on Multi30k print this one.
"""

from collections.abc import Sequence

from shared.errors import import_extra

EXTRA = "translation"


def score_translations(
    translations: Sequence[str], references: Sequence[str], *, language: str
) -> dict[str, float]:
    """Scores translations against one reference each.

    Args:
        translations: N cased sentences.
        references: N cased sentences.
        language: of both, for Moses' tokeniser (en, de, fr, ...).

    Returns:
        `bleu`, `bleu_lowercased_tokenised`, `chrf`, all from 0 to 100, and `ter`, from 0, where
        less is better.
    """
    sacrebleu = import_extra("sacrebleu", extra=EXTRA)
    lowered = [moses_lowercased(side, language) for side in (translations, references)]
    return {
        "bleu": cased_bleu(translations, references),
        "bleu_lowercased_tokenised": sacrebleu.corpus_bleu(
            lowered[0], [lowered[1]], tokenize="none", force=True
        ).score,
        "chrf": sacrebleu.corpus_chrf(translations, [references]).score,
        "ter": sacrebleu.corpus_ter(translations, [references]).score,
    }


def cased_bleu(translations: Sequence[str], references: Sequence[str]) -> float:
    """Returns `bleu` alone."""
    sacrebleu = import_extra("sacrebleu", extra=EXTRA)
    return float(sacrebleu.corpus_bleu(translations, [references]).score)


def signatures() -> dict[str, str]:
    """Returns sacrebleu's signature of each score, which says how it was counted."""
    metrics = import_extra("sacrebleu.metrics", extra=EXTRA)
    moses = import_extra("sacremoses", extra=EXTRA)
    counted = {
        "bleu": metrics.BLEU(),
        "bleu_lowercased_tokenised": metrics.BLEU(tokenize="none", force=True),
        "chrf": metrics.CHRF(),
        "ter": metrics.TER(),
    }
    told = {}
    for name, metric in counted.items():
        metric.corpus_score(["a"], [["a"]])  # a signature tells the number of references
        told[name] = str(metric.get_signature())
    told["bleu_lowercased_tokenised"] += f", lower-cased and by sacremoses {moses.__version__}"
    return told


def moses_lowercased(sentences: Sequence[str], language: str) -> list[str]:
    """Returns sentences lower-cased, with Moses' punctuation and tokens between blanks."""
    moses = import_extra("sacremoses", extra=EXTRA)
    normaliser = moses.MosesPunctNormalizer(lang=language)
    tokeniser = moses.MosesTokenizer(lang=language)
    return [
        tokeniser.tokenize(normaliser.normalize(text.lower()), return_str=True, escape=False)
        for text in sentences
    ]
