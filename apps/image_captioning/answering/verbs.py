"""`predict` with the flags that captions need; the app offers it in place of the common one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import tyro

from shared import verbs
from shared.app import App, Verb
from shared.verbs import PredictOptions


@dataclass(frozen=True)
class CaptionOptions(PredictOptions):
    """Options of `predict`."""

    plot: Annotated[Path | None, tyro.conf.arg(aliases=("--attention",))] = None
    """Draw where the network looked for each word into this picture."""
    n_best: int | None = None
    """Captions given for a picture; the run's decoding.n_best by default."""
    beam_width: int | None = None
    """Hypotheses kept, 1 for greedy (runs only); the run's decoding.beam_width by default."""


def predict(app: App, options: CaptionOptions) -> None:
    """Captions pictures from the command line, a file or stdin."""
    from apps.image_captioning.answering.asked import prepared

    verbs.predict(app, options, prepare=lambda answerer: prepared(answerer, options))


PREDICT = Verb("caption pictures", CaptionOptions, predict)
