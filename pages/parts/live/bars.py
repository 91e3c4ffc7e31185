"""The seven probabilities of each face before the camera, as bars in a place of fixed size.

Plain HTML: it is drawn anew every second beside the video, and costs a hundredth of a chart.
"""

from collections.abc import Iterable

import numpy as np

from fer_core.emotions import EMOTIONS, Emotion
from fer_core.formats import format_percent
from fer_core.inference.live import LiveFigures
from fer_core.inference.prediction import Prediction
from fer_core.palette import EMOTION_COLOURS, ink_on, person_colour
from pages.parts import formats

MOST_FACES = 4
# One face fills the place, two stand side by side, and more in two rows. Widths alone are set with a bar.
STYLE = """
.live-bars {display: grid; height: 16.5rem; gap: 0.5rem 1.25rem; grid-template-columns: minmax(0, 1fr);
    font-size: 0.95rem}
.live-bars.two, .live-bars.four {grid-template-columns: repeat(2, minmax(0, 1fr)); font-size: 0.8rem}
.live-bars.four {gap: 0.35rem 1.25rem; font-size: 0.7rem}
.live-bars.past {opacity: 0.65}
.live-face {display: flex; flex-direction: column; min-height: 0; line-height: 1.1}
.live-face p {margin: 0 0 0.25rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis;
    font-size: inherit; font-weight: 600}
.live-face p b {display: inline-block; padding: 0.05em 0.5em; border-radius: 0.3em}
.live-face div {flex: 1; display: grid; grid-template-columns: 6em 1fr 3em; align-items: center; gap: 0.4em}
.live-face div.first {font-weight: 700}
.live-face i {height: 60%; border-radius: 0.2em;
    background: color-mix(in srgb, currentColor 12%, transparent)}
.live-face i s {display: block; height: 100%; border-radius: 0.2em}
.live-face em {font-style: normal; text-align: right; font-variant-numeric: tabular-nums}
"""


def bars(figures: LiveFigures, *, is_past: bool = False) -> str:
    """The bars of up to four faces, the largest if there are more; empty bars without any.

    Args:
        figures: of the reader.
        is_past: whether they are those of a video that has stopped.
    """
    faces = largest(figures.faces)
    size = ("one", "one", "two", "four", "four")[len(faces)]
    cards = [_card(number, each, number in figures.calibrated) for number, each in faces]
    past = " past" if is_past else ""
    return f'<div class="live-bars {size}{past}">{"".join(cards) or _empty_card()}</div>'


def largest(faces: Iterable[tuple[int, Prediction]]) -> list[tuple[int, Prediction]]:
    """The largest faces by the area of their boxes, as many as have a place, in the numbers' order."""
    by_size = sorted(faces, key=lambda face: -face[1].face.box[2] * face[1].face.box[3])
    return sorted(by_size[:MOST_FACES], key=lambda face: face[0])


def _card(number: int, prediction: Prediction, is_calibrated: bool) -> str:
    colour = person_colour(number)
    plate = f'<b style="background:{colour};color:{ink_on(colour)}">Face {number}</b>'
    note = " neutral calibrated" if is_calibrated else ""
    rows = (_bar(emotion, prediction.probabilities, prediction.emotion) for emotion in EMOTIONS)
    return f'<div class="live-face"><p>{plate}{note}</p>{"".join(rows)}</div>'


def _empty_card() -> str:
    rows = (_bar(emotion, np.zeros(len(EMOTIONS)), None) for emotion in EMOTIONS)
    return f'<div class="live-face"><p>&nbsp;</p>{"".join(rows)}</div>'


def _bar(emotion: Emotion, probabilities: np.ndarray, first: Emotion | None) -> str:
    share = float(probabilities[emotion])
    kind = "first" if emotion == first else ""
    said = "–" if first is None else format_percent(share, digits=0)
    fill = f'<s style="width:{100 * share:.1f}%;background:{EMOTION_COLOURS[emotion]}"></s>'
    return (
        f'<div class="{kind}"><span>{formats.emotion_name(emotion)}</span><i>{fill}</i><em>{said}</em></div>'
    )
