"""A chart of one face through a whole video."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fer_core.charts.live import DASHES, thin
from fer_core.charts.style import GLYPH_LABELS, new_figure
from fer_core.emotions import EMOTIONS, Emotion
from fer_core.extras import optional
from fer_core.palette import EMOTION_COLOURS, EMOTION_GLYPHS

with optional():
    import plotly.graph_objects as go

MOST_POINTS = 600  # the chart is about 1,000 px wide
MISSED_FRAMES = 2.5  # a face that misses so many sampled frames leaves a gap, and a second at least


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
