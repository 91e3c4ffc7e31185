"""What pages write besides percent, accuracies and times, whose home is ``fer_core.formats``."""

from collections.abc import Mapping
from typing import Any

from fer_core.emotions import Emotion
from fer_core.palette import EMOTION_COLOURS, EMOTION_GLYPHS, ink_on, person_colour


def interval(score: Mapping[str, Any], *, digits: int = 1) -> str:
    """The 95% interval of a score dictionary's accuracy, in percent: ``"68.6–71.6"``."""
    low, high = score["accuracy_interval"]
    return f"{100 * low:.{digits}f}–{100 * high:.{digits}f}"


def counted(number: int, noun: str) -> str:
    """``2, "face"`` -> ``"2 faces"``."""
    return f"{number:,} {noun if number == 1 else noun + 's'}"


def emotion_name(emotion: Emotion) -> str:
    """The glyph and the name, as the charts write them: ``"● happy"``."""
    return f"{EMOTION_GLYPHS[emotion]} {emotion.label}"


def emotion_plate(emotion: Emotion) -> str:
    """Glyph and name on the emotion's colour, as Markdown."""
    return _plate(emotion_name(emotion), EMOTION_COLOURS[emotion])


def person_plate(number: int) -> str:
    """``"Face 1"`` on the colour of that person's box, as Markdown."""
    return _plate(f"Face {number}", person_colour(number))


def _plate(text: str, colour: str) -> str:
    return f':color[\u2002{text}\u2002]{{foreground="{ink_on(colour)}" background="{colour}"}}'
