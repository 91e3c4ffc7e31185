"""How numbers are written for people: one home, so that pages, cards, README and command line agree."""

from collections.abc import Sequence
from typing import Any


def format_percent(share: float, *, digits: int = 1) -> str:
    """0.7010 -> "70.1 %"."""
    return f"{100 * share:.{digits}f} %"


def format_accuracy(scores: dict[str, Any], *, digits: int = 2) -> str:
    """The accuracy with its 95% interval: "70.10 % (68.58–71.57)"; ``scores`` is from ``metrics.score``."""
    low, high = (f"{100 * share:.{digits}f}" for share in scores["accuracy_interval"])
    return f"{format_percent(scores['accuracy'], digits=digits)} ({low}–{high})"


def format_points(difference: float, low: float, high: float) -> str:
    """A difference of two shares with its interval, in percentage points: "+1.2 points (0.3 to 2.1)"."""
    least, most = (f"{100 * share:.1f}" for share in (low, high))
    value = f"{100 * difference:z.1f}"  # z: 0.0 has no sign; an end of the interval keeps its side of 0
    sign = "+" if difference > 0 and value != "0.0" else ""
    return f"{sign}{value} points ({least} to {most})".replace("-", "\u2212")


def format_seconds(seconds: float) -> str:
    """59 -> "59 s", 3720 -> "62 min"."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"


def format_shape(shape: Sequence[int] | None) -> str:
    """(24, 24, 64) -> "24 × 24 × 64"; None, not known, -> "–"."""
    return "–" if shape is None else " × ".join(map(str, shape))


def format_list(words: Sequence[str]) -> str:
    """At least one word: "a", "a and b", "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
