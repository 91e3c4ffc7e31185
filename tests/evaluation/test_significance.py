"""McNemar's test against SciPy, and the interval of a difference by its promise."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2

from fer_core.errors import DataError
from fer_core.evaluation.significance import FEW, Comparison, adjust_p_values, compare, compare_pairs


@given(st.integers(0, FEW - 1), st.integers(0, FEW - 1))
def test_few_faces_are_tested_exactly(first, second):
    result = Comparison(100, first, second, 50)
    if first + second >= FEW:
        assert not result.exact
    elif first + second:
        assert result.p_value == pytest.approx(binomtest(first, first + second).pvalue)
    else:
        assert result.p_value == 1


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_many_faces_are_tested_by_chi_square(first, second):
    result = Comparison(1000, first, second, 400)
    if first + second >= FEW and first != second:
        statistic = (abs(first - second) - 1) ** 2 / (first + second)
        assert result.p_value == pytest.approx(chi2.sf(statistic, 1), rel=1e-9, abs=1e-300)
    elif first == second:
        assert result.p_value == 1


def test_a_textbook_example():
    """Agresti, Categorical Data Analysis, approval of a prime minister: 794, 150, 86, 570."""
    result = Comparison(794, 150, 86, 570)
    assert result.difference == pytest.approx(0.04)
    assert result.difference_interval == pytest.approx((0.0213, 0.0587), abs=2e-4)
    assert result.is_significant
    assert result.p_value == pytest.approx(4.1e-5, rel=0.05)


def test_the_interval_holds_what_it_promises():
    rng = np.random.default_rng(0)
    chances, true, inside = (0.6, 0.1, 0.06, 0.24), 0.04, 0
    for _ in range(1000):
        low, high = Comparison(*rng.multinomial(300, chances).tolist()).difference_interval
        inside += low <= true <= high
    assert 0.93 <= inside / 1000 <= 0.98


def test_compare_counts_who_is_right():
    labels = np.array([0, 1, 2, 3, 4])
    first = np.eye(7)[[0, 1, 2, 0, 0]]
    second = np.eye(7)[[0, 1, 0, 3, 0]]
    assert compare(labels, first, second) == Comparison(2, 1, 1, 1)
    assert compare(labels, first, first).p_value == 1
    assert compare(labels, first, second).count == 5


def test_no_faces_make_no_difference():
    result = compare(np.zeros(0, int), np.zeros((0, 7)), np.zeros((0, 7)))
    assert np.isnan(result.difference)
    assert result.p_value == 1


def test_other_faces_are_refused():
    with pytest.raises(DataError, match=r"the same images\. Received lengths: \(2, 2, 3\)"):
        compare(np.zeros(2, int), np.zeros((2, 7)), np.zeros((3, 7)))


def test_holms_correction_by_hand():
    """Four tests: the smallest times 4, the next times 3, ...; never below one before, never above 1."""
    assert adjust_p_values([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert adjust_p_values([0.9, 0.8]) == [1.0, 1.0]
    assert adjust_p_values([0.03]) == [0.03]
    assert adjust_p_values([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_rejects_what_the_step_down_rule_rejects(p_values):
    adjusted = adjust_p_values(p_values)
    for level in (0.01, 0.05, 0.5):
        rejected, order = set(), sorted(range(len(p_values)), key=lambda index: p_values[index])
        for rank, index in enumerate(order):
            if p_values[index] * (len(p_values) - rank) >= level:
                break
            rejected.add(index)
        assert {index for index, value in enumerate(adjusted) if value < level} == rejected


def test_each_pair_of_runs_is_compared_once():
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 7, 500)
    runs = {name: rng.dirichlet(np.ones(7), 500) for name in "abc"}
    pairs = compare_pairs(labels, runs)
    assert [(pair.first, pair.second) for pair in pairs] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert pairs[1].comparison == compare(labels, runs["a"], runs["c"])
    alone = [pair.comparison.p_value for pair in pairs]
    assert [pair.adjusted_p_value for pair in pairs] == adjust_p_values(alone)
