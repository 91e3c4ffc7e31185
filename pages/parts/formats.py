"""What pages write besides percent, accuracies and times, whose home is ``fer_core.formats``."""

from collections.abc import Mapping
from typing import Any

from fer_core.emotions import Emotion
from fer_core.palette import EMOTION_GLYPHS


def interval(score: Mapping[str, Any], *, digits: int = 1) -> str:
    """The 95% interval of a score dictionary's accuracy, in percent: ``"68.6–71.6"``."""
    low, high = score["accuracy_interval"]
    return f"{100 * low:.{digits}f}–{100 * high:.{digits}f}"


def points(difference: float) -> str:
    """``0.123`` -> ``"+12.3 points"``: a difference of two percentages."""
    return f"{100 * difference:+.1f} points".replace("-", "\u2212")


def counted(number: int, noun: str) -> str:
    """``2, "face"`` -> ``"2 faces"``."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def emotion_name(emotion: Emotion) -> str:
    """The glyph and the name, as the charts write them: ``"● happy"``."""
    return f"{EMOTION_GLYPHS[emotion]} {emotion.label}"
