"""The loss against its formula in numpy, its mean over real tokens, and its gradient."""

import keras
import numpy as np
import pytest

from shared.losses.smoothed_cross_entropy import SmoothedCrossEntropy

B, T, V = 3, 5, 7
RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(size=(B, T, V)).astype("float32") * 4
LABELS = RANDOM.integers(1, V, (B, T)).astype("int32")
LABELS[1, 3:] = LABELS[2, 1:] = 0
WEIGHTS = (LABELS != 0).astype("float32")


def by_definition(smoothing: float) -> float:
    """Mean over real tokens of the cross-entropy with q = (1 - e) onehot(y) + e / V."""
    losses = []
    for logits, label in zip(LOGITS.reshape(-1, V), LABELS.ravel(), strict=True):
        if label:
            log_p = logits.astype("float64") - np.log(np.exp(logits.astype("float64")).sum())
            q = np.full(V, smoothing / V)
            q[label] += 1 - smoothing
            losses.append(-(q * log_p).sum())
    return float(np.mean(losses))


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_is_the_mean_of_the_formula_over_real_tokens(smoothing):
    loss = SmoothedCrossEntropy(smoothing=smoothing)(LABELS, LOGITS, sample_weight=WEIGHTS)
    assert float(loss) == pytest.approx(by_definition(smoothing), rel=1e-5)


def test_padding_counts_for_nothing():
    loss = SmoothedCrossEntropy(smoothing=0.1)
    changed = LOGITS + 9 * RANDOM.normal(size=LOGITS.shape).astype("float32") * (LABELS == 0)[
        ..., None
    ].astype("float32")
    assert float(loss(LABELS, changed, sample_weight=WEIGHTS)) == pytest.approx(
        float(loss(LABELS, LOGITS, sample_weight=WEIGHTS)), rel=1e-6
    )


def test_is_least_where_the_softmax_is_the_smoothed_target():
    """Gibbs: the cross-entropy with q is least at p = q, and there it is the entropy of q."""
    smoothing, label = 0.2, 4
    q = np.full(V, smoothing / V)
    q[label] += 1 - smoothing
    loss = SmoothedCrossEntropy(smoothing=smoothing)
    best = np.log(q).astype("float32")[None, None]
    least = float(loss(np.array([[label]]), best))
    assert least == pytest.approx(float(-(q * np.log(q)).sum()), rel=1e-5)
    for _ in range(20):
        nearby = best + RANDOM.normal(size=best.shape).astype("float32") * 0.3
        assert float(loss(np.array([[label]]), nearby)) > least


def test_extreme_logits_give_a_finite_loss():
    logits = np.where(np.arange(V) == 2, 1e4, -1e4).astype("float32")[None, None]
    assert np.isfinite(float(SmoothedCrossEntropy(smoothing=0.1)(np.array([[3]]), logits)))


def test_is_saved_and_read_back():
    loss = SmoothedCrossEntropy(smoothing=0.3)
    again = keras.losses.deserialize(keras.losses.serialize(loss))
    assert float(again(LABELS, LOGITS)) == float(loss(LABELS, LOGITS))
