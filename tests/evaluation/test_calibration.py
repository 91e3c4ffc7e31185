"""How sure against how often right: reliability, errors, temperatures and powers, by hand and by drawing."""

import math

import numpy as np
import pytest

from fer_core.errors import DataError, RunError
from fer_core.evaluation import metrics
from fer_core.evaluation.calibration import UNCALIBRATED, Calibration, fit_calibration, fit_temperature


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


def test_errors_by_chance_are_those_of_labels_drawn_from_the_answers():
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.full(7, 0.3), 2000).astype(np.float32)
    errors = []
    for _ in range(300):
        labels = (probabilities.cumsum(axis=1) > rng.random((2000, 1))).argmax(axis=1)
        errors.append(metrics.expected_calibration_error(labels, probabilities))
    found = metrics.calibration_errors_by_chance(probabilities)
    shares = [0.05, 0.25, 0.5, 0.75, 0.95]
    assert np.quantile(found, shares) == pytest.approx(np.quantile(errors, shares), rel=0.08)
    assert (found == metrics.calibration_errors_by_chance(probabilities)).all()


@pytest.mark.parametrize("probabilities", [np.eye(7, dtype=np.float32), np.empty((0, 7), np.float32)])
def test_answers_that_leave_nothing_to_chance_have_no_error_by_chance(probabilities):
    assert metrics.calibration_errors_by_chance(probabilities, draws=5).tolist() == [0] * 5


@pytest.mark.parametrize(("temperature", "told_apart"), [(0.7, True), (1.0, False), (1.4, True)])
def test_chance_tells_a_network_that_is_too_sure_or_not_sure_enough(temperature, told_apart):
    rng = np.random.default_rng(1)
    logits = 2 * rng.normal(size=(3000, 7))
    labels = (metrics.softmax(logits).cumsum(axis=1) > rng.random((3000, 1))).argmax(axis=1)
    answers = metrics.softmax(logits / temperature)
    error = metrics.expected_calibration_error(labels, answers)
    assert ((metrics.calibration_errors_by_chance(answers) >= error).mean() < 0.01) == told_apart


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0, 2.5, 12.0])
def test_a_temperature_is_recovered(temperature):
    rng = np.random.default_rng(3)
    logits = 2 * rng.normal(size=(20_000, 7))
    cumulated = metrics.softmax(logits).cumsum(axis=1)
    labels = (rng.random((20_000, 1)) > cumulated[:, :-1]).sum(axis=1)  # drawn with these probabilities
    assert fit_temperature(labels, logits * temperature) == pytest.approx(temperature, rel=0.03)


@pytest.mark.parametrize("fit", [fit_temperature, fit_calibration])
def test_nothing_is_fitted_to_no_faces(fit):
    with pytest.raises(DataError, match="at least one face"):
        fit(np.zeros(0, int), np.zeros((0, 7)))


@pytest.mark.parametrize("true", [Calibration(0.4, 0.8), Calibration(1.0, 1.0), Calibration(2.5, 1.4)])
def test_a_calibration_is_recovered(true):
    rng = np.random.default_rng(3)
    logits = 3 * rng.normal(size=(20_000, 7))
    cumulated = true.probabilities(logits).cumsum(axis=1)
    labels = (rng.random((20_000, 1)) > cumulated[:, :-1]).sum(axis=1)
    found = fit_calibration(labels, logits)
    assert (found.temperature, found.power) == pytest.approx((true.temperature, true.power), rel=0.04)


def test_a_calibration_of_power_one_is_a_temperature():
    logits = np.random.default_rng(1).normal(size=(50, 7)).astype(np.float32)
    np.testing.assert_allclose(
        Calibration(1.7).probabilities(logits), metrics.softmax(logits / 1.7), rtol=1e-5, atol=1e-7
    )


@pytest.mark.parametrize("power", [0.6, 1.8])
def test_a_power_keeps_the_order_and_bends_confidence(power):
    logits = 2 * np.random.default_rng(2).normal(size=(500, 7))
    plain, bent = UNCALIBRATED.probabilities(logits), Calibration(1.0, power).probabilities(logits)
    assert (plain.argsort(axis=1) == bent.argsort(axis=1)).all()
    # Where the first is far ahead a power above 1 makes it surer, and where it is near less sure.
    lead = np.sort(logits, axis=1)[:, -1] - np.sort(logits, axis=1)[:, -2]
    surer = (bent.max(axis=1) > plain.max(axis=1)) == (power > 1)
    assert surer[lead > 1].all()
    assert not surer[lead < 0.05].all()


@pytest.mark.parametrize("field", ["temperature", "power"])
@pytest.mark.parametrize("value", [0, -1, float("nan"), float("inf")])
def test_numbers_that_make_no_probabilities_are_refused(field, value):
    message = rf"The {field} of a calibration must be a number above 0\. Received: "
    with pytest.raises(RunError, match=message):
        Calibration(**{field: value})
