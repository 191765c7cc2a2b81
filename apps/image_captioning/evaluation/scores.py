"""Scores of captions, counted by coco-caption's own code: BLEU, METEOR, ROUGE-L and CIDEr-D.

    found = score_captions(["a dog runs"], [["A dog is running.", "The dog runs."]])
    found.scores["bleu_4"], found.by_image["cider"]

pycocoevalcap is that code (Chen et al. 2015, arXiv:1504.00325). Its tokeniser and METEOR are Java
programs; where no Java is found, METEOR is left out and words are cut by `shared.text.words`, which
makes scores that are near, but not those that papers print.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from apps.image_captioning.evaluation.java import EXTRA, find_java
from apps.image_captioning.evaluation.meteor import meteor_scores
from apps.image_captioning.evaluation.ptb_tokens import ptb_tokens
from shared.errors import DataError, import_extra
from shared.text.words import split_words

ORDERS = 4
WITHOUT_JAVA = (
    "No Java was found, so METEOR is left out and words are cut by our own rules instead of the "
    f"Penn Treebank's; install one, or: pip install 'brickyard[{EXTRA}]'"
)


@dataclass(frozen=True)
class CaptionScores:
    """What N captions reached against what people wrote.

    Attributes:
        scores: bleu_1 to bleu_4, meteor, rouge_l and cider of all together, times 100 as papers
            print them; no meteor where there is no Java. CIDEr-D goes to 1000, the others to 100.
        by_image: the same of each, float64 (N,).
    """

    scores: dict[str, float]
    by_image: dict[str, np.ndarray]


def score_captions(captions: Sequence[str], references: Sequence[Sequence[str]]) -> CaptionScores:
    """Scores one caption an image.

    BLEU (Papineni et al. 2002) has the closest length and is of the whole set; METEOR is version
    1.5 (Denkowski and Lavie 2014); ROUGE-L (Lin 2004) has beta 1.2; CIDEr-D (Vedantam et al. 2015,
    arXiv:1411.5726) takes its document frequencies from these references, so it is 0 for one image
    alone. Where no Java is found, one line on stderr says what that changes.

    Args:
        captions: N.
        references: of each image one or more.

    Raises:
        DataError: there is no caption.
        MissingPackageError: pycocoevalcap is not installed.
        OperationError: a Java program failed.
    """
    if not captions:
        raise DataError("Expected captions to score, received none.")
    metrics = coco_metrics()
    java = find_java()
    if java is None:
        print(WITHOUT_JAVA, file=sys.stderr)
    tokens = iter(_cut([*captions, *(text for some in references for text in some)], java=java))
    ours = list(islice(tokens, len(captions)))
    theirs = [list(islice(tokens, len(some))) for some in references]
    said = {place: [text] for place, text in enumerate(ours)}
    right = dict(enumerate(theirs))

    found: dict[str, tuple[float, Sequence[float]]] = {}
    whole, each = metrics["Bleu"](ORDERS).compute_score(right, said, verbose=0)
    for order in range(ORDERS):
        found[f"bleu_{order + 1}"] = whole[order], each[order]
    if java is not None:
        found["meteor"] = meteor_scores(ours, theirs, java=java)
    found["rouge_l"] = metrics["Rouge"]().compute_score(right, said)
    found["cider"] = metrics["Cider"]().compute_score(right, said)
    return CaptionScores(
        {name: 100.0 * float(whole) for name, (whole, _) in found.items()},
        {name: 100.0 * np.asarray(each, np.float64) for name, (_, each) in found.items()},
    )


def coco_metrics() -> dict[str, Any]:
    """Returns the classes Bleu, Rouge and Cider of pycocoevalcap, by name.

    Whoever scores after hours of work calls it first.

    Raises:
        MissingPackageError: pycocoevalcap is not installed.
    """
    names = {"Bleu": "bleu", "Rouge": "rouge", "Cider": "cider"}
    return {
        name: getattr(import_extra(f"pycocoevalcap.{folder}.{folder}", extra=EXTRA), name)
        for name, folder in names.items()
    }


def counted_by() -> str:
    """Returns what scores were counted with on this machine, to be kept beside them."""
    version = installed_version("pycocoevalcap")
    if find_java() is None:
        return f"pycocoevalcap {version} on words of our own, without Java"
    return f"pycocoevalcap {version}, tokens of Stanford CoreNLP 3.4.1, METEOR 1.5"


def _cut(captions: Sequence[str], *, java: Path | None) -> list[str]:
    if java is None:
        return [" ".join(split_words(caption)) for caption in captions]
    return ptb_tokens(captions, java=java)
