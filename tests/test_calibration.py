"""How sure against how often right: reliability, calibration errors, temperatures, by hand and by drawing."""

import math

import numpy as np
import pytest

from fer_core import metrics
from fer_core.errors import DataError


def test_reliability_by_hand():
    confidence = [0.25, 0.5, 0.5, 0.74, 1.0]  # Of four bins: one in the second, three in the third, one last.
    labels = np.array([0, 0, 1, 0, 0])
    probabilities = np.zeros((5, 7))
    probabilities[:, 0] = confidence
    probabilities[:, 1:] = (1 - probabilities[:, :1]) / 6
    found = metrics.reliability(labels, probabilities, bins=4)
    assert found.edges == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert found.counts.tolist() == [0, 1, 3, 1]
    assert found.confidence == pytest.approx([math.nan, 0.25, 1.74 / 3, 1.0], nan_ok=True)
    assert found.accuracy == pytest.approx([math.nan, 1.0, 2 / 3, 1.0], nan_ok=True)
    expected = (1 * 0.75 + 3 * abs(1.74 / 3 - 2 / 3) + 0) / 5
    assert metrics.expected_calibration_error(labels, probabilities, bins=4) == pytest.approx(expected)


def test_calibration_noise_is_what_a_perfectly_calibrated_network_shows():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(7, 0.3), 2000).astype(np.float32)
    errors = []
    for _ in range(40):  # labels drawn from the very probabilities
        labels = (probabilities.cumsum(axis=1) > rng.random((2000, 1))).argmax(axis=1)
        errors.append(metrics.expected_calibration_error(labels, probabilities))
    assert metrics.calibration_noise(probabilities) == pytest.approx(np.mean(errors), rel=0.08)
    assert metrics.calibration_noise(np.eye(7, dtype=np.float32)) == 0
    assert metrics.calibration_noise(np.empty((0, 7), np.float32)) == 0


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0, 2.5, 12.0])
def test_a_temperature_is_recovered(temperature):
    rng = np.random.default_rng(3)
    logits = 2 * rng.normal(size=(20_000, 7))
    cumulated = metrics.softmax(logits).cumsum(axis=1)
    labels = (rng.random((20_000, 1)) > cumulated[:, :-1]).sum(axis=1)  # drawn with these probabilities
    assert metrics.fit_temperature(labels, logits * temperature) == pytest.approx(temperature, rel=0.03)


def test_no_temperature_of_no_faces():
    with pytest.raises(DataError, match="at least one face"):
        metrics.fit_temperature(np.zeros(0, int), np.zeros((0, 7)))
