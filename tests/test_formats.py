"""How numbers are written for people."""

import html
import re

import hypothesis.strategies as some
import pytest
from hypothesis import example, given
from markdown_it import MarkdownIt

from fer_core.formats import (
    escape_markdown,
    format_accuracy,
    format_list,
    format_macro_f1,
    format_percent,
    format_points,
    format_seconds,
)


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


def test_macro_f1_says_over_how_many_classes_where_some_are_absent():
    assert format_macro_f1({"macro_f1": 0.48, "support": [25] * 6 + [0]}) == "48.0 % over 6 classes"
    assert format_macro_f1({"macro_f1": 0.6789, "support": [25] * 7}, digits=2) == "67.89 %"


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((0.0117, 0.0031, 0.0209), "+1.2 points (0.3 to 2.1)"),
        ((-0.0136, -0.0268, -0.0001), "−1.4 points (−2.7 to −0.01)"),
        ((-0.0002, -0.0057, 0.0052), "0.0 points (−0.6 to 0.5)"),
        ((0.0, -0.00001, 0.0), "0.0 points (0.00 to 0.0)"),
        ((0.1234,), "+12.3 points"),
        ((-0.05,), "−5.0 points"),
        ((-0.0004,), "0.0 points"),
        ((0.0004,), "0.0 points"),
        ((-0.0,), "0.0 points"),
    ],
)
def test_a_difference_has_a_sign_unless_it_rounds_to_nothing(numbers, text):
    assert format_points(*numbers) == text


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


@given(
    some.text(
        some.sampled_from("ab1 .)(:/@\\`*_[]{}<>#|~$&!^=+-\n\té")
        | some.characters(exclude_categories=["C", "Z"])
    )
)
@example("![a](http://example.org/a.png)")
@example("[sign in](http://example.org)")
@example("cost $5_a$.png")
@example("1. one\n- two\n# three")
@example("<img src=x onerror=alert(1)>")
@example("&lt;b&gt; `code` ~~gone~~ ***")
def test_a_text_that_is_not_ours_is_shown_as_it_is(text):
    shown = MarkdownIt("commonmark").enable(["strikethrough", "table"]).render(escape_markdown(text))
    inside = re.fullmatch(r"(?:<p>(.*)</p>\n)?", shown, re.DOTALL).group(1) or ""
    assert "<" not in inside
    assert html.unescape(inside).replace("\u2060", "") == " ".join(text.replace("\u2060", "").split())


@pytest.mark.parametrize(
    "text",
    [
        "http://example.org",
        "HTTPS://example.org",
        "www.example.org",
        "me@example.org",
        ":material/home:",
        ":red[x]",
    ],
)
def test_what_becomes_a_link_or_an_icon_without_brackets_is_parted(text):
    assert not re.search(r"://|www\.|@\w|:\w", escape_markdown(text), re.IGNORECASE)
