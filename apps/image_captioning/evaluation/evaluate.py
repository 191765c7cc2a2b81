"""The captions that a run writes of images, beside those that people wrote, and their scores.

The app's `evaluate`, its report and the benchmarks ask for them here.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from apps.image_captioning.evaluation.scores import CaptionScores, score_captions

if TYPE_CHECKING:
    from apps.image_captioning.example import Example
    from shared.bundle import Bundle


def evaluate(bundle: "Bundle", examples: "Sequence[Example]") -> dict[str, float]:
    """Returns bleu_1 to bleu_4, meteor, rouge_l and cider, as `score_captions` does."""
    return judge(bundle, examples)[1].scores


def judge(bundle: "Bundle", examples: "Sequence[Example]") -> tuple[list[str], CaptionScores]:
    """Returns the best caption of each image, searched for as `predict` does, and the scores."""
    from apps.image_captioning.answering.answer import caption_all

    captions = caption_all(bundle, examples)
    return captions, score_captions(captions, [example.captions for example in examples])
