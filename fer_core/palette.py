"""One colour, one short code and one glyph an emotion, the same everywhere; and one colour a followed person.

The hues start from Okabe and Ito's colour-blind-safe set (jfly.uni-koeln.de/color, 2008), which reaches
only three colours that can be read on white. They were moved, by a search, to the place where three
things hold at once, and ``tests/test_palette.py`` measures them again:

* contrast of at least 3:1 on white and on the app's dark background (WCAG 2.2, 1.4.11);
* any two stay apart in OKLab, to ordinary eyes and to protan, deutan and tritan ones (Machado 2009);
* the family that people expect: anger is red, sadness is blue, neutral is gray.

People who are followed through a video have colours of their own, which stay while their emotions change.
They come from the same kind of search, over colours that are no emotion's: any two stay twice as far apart,
and each is far from black and from white, between which a box is drawn.

Colour never stands alone: every place that uses it also writes the name, the code, the glyph or the number.
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

# Neighbours in this order differ most: two or three people are the usual number.
PERSON_COLOURS = ("#33ddff", "#994400", "#ddcc11", "#445599", "#dd7777", "#6688ff")


def person_colour(number: int) -> str:
    """The colour of a followed person by their number, from 1; the seventh has the first one's again."""
    return PERSON_COLOURS[(number - 1) % len(PERSON_COLOURS)]


def ink_on(colour: str) -> str:
    """Black or white, whichever contrasts more with ``"#rrggbb"``.

    WCAG 2.2's relative luminance; they tie at 0.18.
    """
    linear = [(c / 255 / 12.92) if c <= 10 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in rgb(colour)]
    luminance = sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
    return "#000000" if luminance > 0.179 else "#ffffff"


def rgb(colour: str) -> tuple[int, int, int]:
    """``"#rrggbb"`` as three integers in [0, 255]: red, green, blue."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
