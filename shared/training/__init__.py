"""Training on stages: see `fit`."""

from shared.training.fit import fit
from shared.training.history import History
from shared.training.optimizers import build_optimizer
from shared.training.stage import Stage
from shared.training.stopping import TrainingDiverged, TrainingStopped

__all__ = [
    "History",
    "Stage",
    "TrainingDiverged",
    "TrainingStopped",
    "build_optimizer",
    "fit",
]
