"""One colour, one short code and one glyph an emotion, the same everywhere: pages, charts, boxes on a photo.

The hues start from Okabe and Ito's colour-blind-safe set (jfly.uni-koeln.de/color, 2008), which reaches
only three colours that can be read on white. They were moved, by a search, to the place where three
things hold at once, and ``tests/test_palette.py`` measures them again:

* contrast of at least 3:1 on white and on the app's dark background (WCAG 2.2, 1.4.11);
* any two stay apart in OKLab, to ordinary eyes and to protan, deutan and tritan ones (Machado 2009);
* the family that people expect: anger is red, sadness is blue, neutral is gray.

Colour never stands alone: every place that uses it also writes the name, the code or the glyph.
"""

from fer_core.emotions import Emotion

EMOTION_COLOURS: dict[Emotion, str] = {
    Emotion.ANGRY: "#d02905",
    Emotion.DISGUST: "#2b7752",
    Emotion.FEAR: "#b02aa6",
    Emotion.HAPPY: "#cd852f",
    Emotion.SAD: "#2470ea",
    Emotion.SURPRISE: "#069de5",
    Emotion.NEUTRAL: "#949494",
}

# Two ASCII letters: OpenCV's fonts draw nothing else, and a 7 x 7 table has no room for more.
EMOTION_CODES: dict[Emotion, str] = {emotion: emotion.label[:2].title() for emotion in Emotion}

# From Unicode's "Geometric Shapes" and its neighbours, which every system font has (emoji are not).
EMOTION_GLYPHS: dict[Emotion, str] = {
    Emotion.ANGRY: "▲",
    Emotion.DISGUST: "■",
    Emotion.FEAR: "◆",
    Emotion.HAPPY: "●",
    Emotion.SAD: "▼",
    Emotion.SURPRISE: "★",
    Emotion.NEUTRAL: "○",
}


def rgb(colour: str) -> tuple[int, int, int]:
    """``"#rrggbb"`` as three integers in [0, 255]: red, green, blue."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
