"""Charts of faces through a whole video: all at once, and one in full."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from fer_core.charts.live import DASHES, thin
from fer_core.charts.style import GLYPH_LABELS, LABEL_PX, MUTED, new_figure
from fer_core.emotions import EMOTIONS, Emotion
from fer_core.extras import optional
from fer_core.palette import EMOTION_COLOURS, EMOTION_GLYPHS, ink_on

with optional():
    import plotly.graph_objects as go

MOST_POINTS = 600  # the chart is about 1,000 px wide
MISSED_FRAMES = 2.5  # a face that misses so many sampled frames leaves a gap, and a second at least
LANE_PX, LANES_MARGIN_PX = 34, 84
GLYPH_SHARE = 1 / 40  # of the video: a shorter stretch has no room for its glyph


class Stretch(NamedTuple):
    """A time through which one emotion was a face's most probable one, in seconds."""

    emotion: Emotion
    start: float
    end: float


def find_stretches(seconds: npt.ArrayLike, probabilities: npt.ArrayLike, *, step: float) -> list[Stretch]:
    """A face's timeline as stretches; where it is missing for more than two steps there is a gap.

    Args:
        seconds: (N,) rising.
        probabilities: (N, 7), in the order of ``EMOTIONS``.
        step: seconds between two sampled frames: how long the last one of a stretch is shown.
    """
    found: list[Stretch] = []
    firsts = np.asarray(probabilities).reshape(-1, len(EMOTIONS)).argmax(axis=1)
    for at, first in zip(np.asarray(seconds, dtype=float).tolist(), firsts.tolist(), strict=True):
        emotion = EMOTIONS[first]
        is_near = bool(found) and at - found[-1].end <= MISSED_FRAMES * step
        if is_near:
            found[-1] = found[-1]._replace(end=at)
        if is_near and found[-1].emotion == emotion:
            found[-1] = found[-1]._replace(end=at + step)
        else:
            found.append(Stretch(emotion, at, at + step))
    return found


def plot_all_faces(
    faces: Mapping[int, Sequence[Stretch]],
    *,
    until: float,
    cuts: Sequence[float] = (),
    at: float | None = None,
) -> go.Figure:
    """A lane per face: its most probable emotion over time, as coloured stretches.

    Each stretch's ``customdata`` are the face's number and the stretch's start.

    Args:
        faces: a face's number -> its stretches, in the order of the lanes.
        until: how far the video was read, in seconds.
        cuts: where a new shot begins; marked by dotted lines.
        at: the time that is shown; marked by a line.
    """
    figure = new_figure(LANES_MARGIN_PX + LANE_PX * max(1, len(faces)), barmode="overlay", bargap=0.25)
    figure.update_layout(legend={"itemwidth": 30, "font": {"size": 12}})
    for emotion in EMOTIONS:
        mine = [(number, each) for number, some in faces.items() for each in some if each.emotion == emotion]
        if mine:
            _add_stretches(figure, emotion, mine, room=GLYPH_SHARE * until)
    for time in cuts:
        figure.add_vline(x=time, line={"color": MUTED, "width": 1, "dash": "dot"})
    if at is not None:
        figure.add_vline(x=at, line={"color": MUTED, "width": 2})
    figure.update_xaxes(title="seconds", range=[0, max(until, 1.0)])
    figure.update_yaxes(
        autorange="reversed",
        categoryorder="array",
        categoryarray=[f"Face {number}" for number in faces],
        ticks="",
        showgrid=False,
        tickfont={"size": LABEL_PX},
    )
    return figure


def _add_stretches(
    figure: go.Figure, emotion: Emotion, stretches: Sequence[tuple[int, Stretch]], *, room: float
) -> None:
    """The bars of one emotion; its glyph stands in those that last longer than ``room`` seconds."""
    figure.add_bar(
        base=[each.start for _, each in stretches],
        x=[each.end - each.start for _, each in stretches],
        y=[f"Face {number}" for number, _ in stretches],
        customdata=[(number, each.start) for number, each in stretches],
        orientation="h",
        name=GLYPH_LABELS[emotion],
        marker={"color": EMOTION_COLOURS[emotion], "line": {"width": 0}},
        text=[EMOTION_GLYPHS[emotion] if each.end - each.start > room else "" for _, each in stretches],
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        textfont={"color": ink_on(EMOTION_COLOURS[emotion])},
        hovertemplate="%{y}, from %{base:.1f} s<extra>" + GLYPH_LABELS[emotion] + "</extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
    )


def plot_video_timeline(
    seconds: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    *,
    until: float,
    key_frames: Sequence[tuple[float, Emotion, float]] = (),
    height: int = 320,
) -> go.Figure:
    """Seven lines through a video, each emotion's glyph at its key frame.

    Args:
        seconds: (N,) rising, N at least 1.
        probabilities: (N, 7) in [0, 1], in the order of ``EMOTIONS``.
        until: how far the video was read, in seconds: the same axis for every face.
        key_frames: what to mark: seconds, emotion, probability.
        height: px.
    """
    times = np.asarray(seconds, dtype=float)
    gap = max(1.0, MISSED_FRAMES * float(np.median(np.diff(times)))) if len(times) > 1 else 1.0
    thinned = thin(times, np.asarray(probabilities, dtype=float), most=MOST_POINTS, gap_seconds=gap)
    figure = new_figure(height)
    figure.update_layout(legend={"itemwidth": 30, "font": {"size": 12}})
    for emotion in EMOTIONS:
        figure.add_scatter(
            x=np.round(thinned[0], 3),
            y=np.round(thinned[1][:, emotion], 3),
            name=GLYPH_LABELS[emotion],
            mode="lines" if len(times) > 1 else "markers",
            line={"color": EMOTION_COLOURS[emotion], "width": 2.5, "dash": DASHES[emotion]},
            hovertemplate="%{y:.0%} at %{x:.1f} s<extra>" + GLYPH_LABELS[emotion] + "</extra>",
        )
    for at, emotion, probability in key_frames:
        figure.add_annotation(
            x=at,
            y=probability,
            text=f"<b>{EMOTION_GLYPHS[emotion]}</b>",
            font={"size": 18, "color": EMOTION_COLOURS[emotion]},
            showarrow=False,
        )
    figure.update_xaxes(title="seconds", range=[0, max(until, 1.0)])
    figure.update_yaxes(range=[0, 1.06], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    return figure
