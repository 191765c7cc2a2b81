"""How good the captions of a run are, how various, and which are the best and the worst.

The verb `report` asks; `report_html` writes it as a page and `report_text` prints it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from apps.image_captioning.evaluation.diversity import Diversity, diversity_of
from apps.image_captioning.evaluation.scores import CaptionScores
from apps.image_captioning.example import Example
from shared.images.thumbnail import thumbnail


@dataclass(frozen=True)
class ScoredCaption:
    """An image with its caption and those that people wrote.

    Attributes:
        name: of the image, as a user knows it.
        caption: ours.
        references: what people wrote.
        scores: of this caption alone, as `CaptionScores.by_image` has them.
        picture: a small JPEG; empty where the image can be read no more.
    """

    name: str
    caption: str
    references: tuple[str, ...]
    scores: dict[str, float]
    picture: bytes = field(repr=False)


@dataclass(frozen=True)
class Report:
    """What is known of a run on one split.

    Attributes:
        title: what was scored on what.
        images: N.
        scores: of all captions together, as `evaluate` gives them.
        counted_by: what counted them.
        diversity: of all captions.
        best: the captions of the highest CIDEr-D, the best first.
        worst: those of the lowest, the worst first; none that is among the best.
    """

    title: str
    images: int
    scores: dict[str, float]
    counted_by: str
    diversity: Diversity
    best: tuple[ScoredCaption, ...]
    worst: tuple[ScoredCaption, ...]


def report_on(
    examples: Sequence[Example],
    captions: Sequence[str],
    found: CaptionScores,
    *,
    title: str,
    counted_by: str,
    crop: float,
    training: Iterable[str] | None = None,
    gallery: int = 12,
) -> Report:
    """Collects the scores and the captions to look at.

    CIDEr-D judges single captions, since four words in a row are seldom right in any; among equals
    ROUGE-L does.

    Args:
        examples: N.
        captions: N, ours.
        found: their scores.
        title: what was scored on what.
        counted_by: what counted the scores.
        crop: part of the short side of an image that the network saw, above 0 to 1.
        training: all captions that the network was trained on; None where they are not known.
        gallery: how many of the best and of the worst captions are kept.
    """
    cider, rouge = found.by_image["cider"], found.by_image["rouge_l"]
    order = sorted(range(len(examples)), key=lambda place: (-cider[place], -rouge[place], place))

    def scored(places: Iterable[int]) -> tuple[ScoredCaption, ...]:
        return tuple(
            ScoredCaption(
                name=examples[place].name,
                caption=captions[place],
                references=examples[place].captions,
                scores={name: float(each[place]) for name, each in found.by_image.items()},
                picture=thumbnail(examples[place], crop=crop),
            )
            for place in places
        )

    return Report(
        title=title,
        images=len(examples),
        scores=found.scores,
        counted_by=counted_by,
        diversity=diversity_of(captions, training),
        best=scored(order[:gallery]),
        worst=scored(order[max(gallery, len(order) - gallery) :][::-1]),
    )
