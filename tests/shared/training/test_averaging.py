"""The mean of the last epochs' weights: which epochs are kept, and what their mean is."""

import keras
import numpy as np
import pytest

from shared.errors import OperationError
from shared.training.averaging import EPOCHS, average_weights, keep_better, keep_epoch
from shared.training.stage import Stage
from shared.training.weights import restore_weights, save_weights


def small_model() -> keras.Model:
    return keras.Sequential([keras.layers.Input((2,)), keras.layers.Dense(3)])


def test_only_the_last_epochs_are_kept_and_averaged(tmp_path):
    model = small_model()
    kernel = model.layers[0].kernel
    for epoch in range(1, 13):
        kernel.assign(np.full((2, 3), float(epoch)))
        keep_epoch(model, tmp_path, epoch=epoch, keep=4)
    assert [file.stem for file in sorted((tmp_path / EPOCHS).iterdir())] == [
        "00009",
        "00010",
        "00011",
        "00012",
    ]
    assert average_weights(model, tmp_path) == 4
    np.testing.assert_allclose(model.get_weights()[0], 10.5)


def test_an_epoch_done_again_after_a_resume_counts_once(tmp_path):
    model = small_model()
    for epoch, value in ((1, 1.0), (2, 7.0), (2, 3.0)):
        model.layers[0].kernel.assign(np.full((2, 3), value))
        keep_epoch(model, tmp_path, epoch=epoch, keep=10)
    assert average_weights(model, tmp_path) == 2
    np.testing.assert_allclose(model.get_weights()[0], 2.0)


def test_without_epochs_there_is_no_mean(tmp_path):
    with pytest.raises(OperationError, match="found none"):
        average_weights(small_model(), tmp_path)


@pytest.mark.parametrize(
    ("aim", "kept", "mode"), [(2.0, 2.0, "min"), (5.0, 4.0, "min"), (0, 4, "max")]
)
def test_the_mean_replaces_the_best_epoch_only_where_it_is_better(tmp_path, aim, kept, mode):
    """The best epoch weighs 4, the mean of 1 and 3 is 2; judged by the distance to an aim."""
    model, best = small_model(), tmp_path / "best.npz"
    kernel = model.layers[0].kernel
    for epoch, value in ((1, 1.0), (2, 3.0)):
        kernel.assign(np.full((2, 3), value))
        keep_epoch(model, tmp_path, epoch=epoch, keep=2)
    kernel.assign(np.full((2, 3), 4.0))
    save_weights(model, best)

    def score():
        return abs(float(np.asarray(kernel)[0, 0]) - aim)

    stage = Stage(
        name="any", model=model, train=[], epochs=2, optimizer=keras.optimizers.SGD, loss="mse",
        monitor="val_distance", mode=mode, keep_last=2,
    )  # fmt: skip
    expected = {"best_epoch": abs(4.0 - aim), "mean": abs(2.0 - aim)}
    assert keep_better(stage, tmp_path, best, score=score) == expected
    np.testing.assert_allclose(kernel, kept)
    kernel.assign(np.zeros((2, 3)))
    restore_weights(model, best)
    np.testing.assert_allclose(kernel, kept)
    # Once more, as after a kill: the end is the same.
    keep_better(stage, tmp_path, best, score=score)
    np.testing.assert_allclose(kernel, kept)
