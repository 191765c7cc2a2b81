"""What the numbers of a report are called, and what they mean."""

from apps.image_captioning.evaluation.diversity import Diversity

SCORES = (
    "Times 100, as papers print them. BLEU counts runs of one to four words that stand in a "
    "reference too; METEOR also forgives other forms of a word and synonyms; ROUGE-L looks at the "
    "longest common sequence; CIDEr-D weighs runs of words by how much they tell of an image, and "
    "goes to 1000."
)
DIVERSITY = "A network may be scored well and have few sentences for all images."
BEST = "The captions of the highest CIDEr-D, above what people wrote."
WORST = "Those of the lowest. Some may be right, in words that nobody chose."

_TITLES = {
    "bleu_1": "BLEU-1",
    "bleu_2": "BLEU-2",
    "bleu_3": "BLEU-3",
    "bleu_4": "BLEU-4",
    "meteor": "METEOR",
    "rouge_l": "ROUGE-L",
    "cider": "CIDEr-D",
}


def score_title(name: str) -> str:
    """Returns what a score is called in a report."""
    return _TITLES[name]


def diversity_rows(found: Diversity) -> list[tuple[str, int | float]]:
    """Returns what is known of how various captions are, each with its title."""
    rows: list[tuple[str, int | float]] = [
        ("different words", found.words),
        ("words of a caption, mean", found.mean_words),
    ]
    rows += [
        (f"distinct {order}-grams, %", share) for order, share in enumerate(found.distinct, start=1)
    ]
    rows.append(("different captions, %", found.different))
    if found.novel is not None:
        rows.append(("captions that no training caption is, %", found.novel))
    return rows
