"""What the numbers and pictures of a report mean."""

CONFUSION = (
    "Classes down, the classes that were given across; the darker, the larger the share of the "
    "class. All on the diagonal would be right."
)
CALIBRATION = (
    "Answers sorted by their probability into 15 bins: the share of each bin that is right. On the "
    "dotted line a network is as often right as it is sure; below it, it is too sure. The "
    "calibration error is the mean distance from it (Guo et al. 2017, arXiv:1706.04599); before "
    "and after its temperature was fitted to validation pictures."
)
WORST = "The wrong answers that the network was surest of. Some may be mistakes of the labels."

_TITLES = {
    "accuracy": "accuracy",
    "top5_accuracy": "right class among the first five",
    "macro_precision": "precision, mean of the classes",
    "macro_recall": "recall, mean of the classes",
    "macro_f1": "F1, mean of the classes",
    "calibration_error": "calibration error",
    "calibration_error_before": "calibration error before the temperature was fitted",
}


def score_title(name: str) -> str:
    """Returns what a score is called in a report."""
    return _TITLES[name.removesuffix("_percent")]
