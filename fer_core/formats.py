"""How numbers are written for people: one home, so that pages, cards, README and command line agree."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

# GitHub's Markdown and what Streamlit adds: maths between dollars, and :names: of icons and colours.
MARKUP = re.compile(
    r"[\\`*\[\]<>|~$&]|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])|^[-+#=]|^\d+(?=[.)](?:\s|$))"  # a_b needs no escape
)
# Links, addresses and :names: are looked for once escapes are gone, so an invisible character parts them.
LINKS = re.compile(r"(:|@|\bwww)(?=[^\s:])", re.IGNORECASE)
WORD_JOINER = "\u2060"


def format_percent(share: float, *, digits: int = 1) -> str:
    """0.7010 -> "70.1 %"."""
    return f"{100 * share:.{digits}f} %"


def format_accuracy(scores: dict[str, Any], *, digits: int = 2) -> str:
    """The accuracy with its 95% interval: "70.10 % (68.58–71.57)"; ``scores`` is from ``metrics.score``."""
    low, high = (f"{100 * share:.{digits}f}" for share in scores["accuracy_interval"])
    return f"{format_percent(scores['accuracy'], digits=digits)} ({low}–{high})"


def format_macro_f1(scores: Mapping[str, Any], *, digits: int = 1) -> str:
    """The macro-F1 of ``metrics.score``: "65.2 %", or "47.8 % over 6 classes" where the data lack some."""
    classes = sum(count > 0 for count in scores["support"])
    over = f" over {classes} classes" if 0 < classes < len(scores["support"]) else ""
    return format_percent(scores["macro_f1"], digits=digits) + over


def format_points(difference: float, low: float | None = None, high: float | None = None) -> str:
    """A difference of two shares, with its interval if there is one: "+1.2 points (0.3 to 2.1)"."""
    value = f"{100 * difference:z.1f}"  # z: zero has no sign
    text = f"{'+' if float(value) > 0 else ''}{value} points"
    if low is not None and high is not None:
        text += f" ({_format_end(low)} to {_format_end(high)})"
    return text.replace("-", "\u2212")


def _format_end(share: float) -> str:
    """The end of an interval: a second digit where the first would hide on which side of 0 it lies."""
    digits = 2 if 0 < abs(share) < 0.0005 else 1
    return f"{100 * share:z.{digits}f}"


def format_seconds(seconds: float) -> str:
    """59 -> "59 s", 3720 -> "62 min"."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def format_shape(shape: Sequence[int]) -> str:
    """(24, 24, 64) -> "24 × 24 × 64"."""
    return " × ".join(map(str, shape))


def format_list(words: Sequence[str]) -> str:
    """At least one word: "a", "a and b", "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def escape_markdown(text: object) -> str:
    """A text that is not ours, such that Markdown shows it as it is: no picture, link, maths or icon.

    White space becomes single spaces, so that the text stays in its line.
    """
    line = " ".join(str(text).split())
    escaped = MARKUP.sub(lambda found: _escape(found.group()), line)
    return LINKS.sub(rf"\1{WORD_JOINER}", escaped)


def _escape(markup: str) -> str:
    return f"{markup}{WORD_JOINER}" if markup.isdigit() else f"\\{markup}"
