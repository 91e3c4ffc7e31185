"""How numbers are written for people."""

import pytest

from fer_core.formats import format_accuracy, format_list, format_percent, format_seconds


@pytest.mark.parametrize(
    ("share", "digits", "text"),
    [(0.701, 1, "70.1 %"), (0.70103, 2, "70.10 %"), (0, 1, "0.0 %"), (1, 0, "100 %"), (0.00049, 1, "0.0 %")],
)
def test_shares_are_written_as_percent(share, digits, text):
    assert format_percent(share, digits=digits) == text


def test_an_accuracy_comes_with_its_interval():
    scores = {"accuracy": 0.7010, "accuracy_interval": [0.68582, 0.71574]}
    assert format_accuracy(scores) == "70.10 % (68.58–71.57)"
    assert format_accuracy(scores, digits=0) == "70 % (69–72)"


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59, "59 s"), (119.4, "119 s"), (120, "2 min"), (3720, "62 min")]
)
def test_times_are_written_in_seconds_or_minutes(seconds, text):
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("words", "text"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_words_are_listed(words, text):
    assert format_list(words) == text
