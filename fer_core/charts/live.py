"""A chart of one face over the last seconds, drawn anew every second."""

import numpy as np
import numpy.typing as npt

from fer_core.charts.style import GLYPH_LABELS, LABEL_PX, new_figure
from fer_core.emotions import EMOTIONS
from fer_core.extras import optional
from fer_core.palette import EMOTION_COLOURS

with optional():
    import plotly.graph_objects as go

# A dash an emotion, so that lines are told apart without colour; the two that people show most are full.
DASHES = ("dash", "4px,6px", "dot", "solid", "longdash", "dashdot", "solid")
MOST_POINTS = 150  # a line is about 400 px wide
GAP_SECONDS = 1.0  # a face that was away so long leaves a gap in its lines


def plot_timeline(
    seconds: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    *,
    span: float = 30.0,
    height: int = 180,
    is_past: bool = False,
) -> go.Figure:
    """Seven lines that run out to the right; the strongest emotion now is named at its end.

    It has no legend: it stands below bars of the same colours.

    Args:
        seconds: (N,) from ``-span`` to 0 (now), rising.
        probabilities: (N, 7) in [0, 1], in the order of ``EMOTIONS``; N may be 0.
        span: the width of the axis, in seconds.
        height: px.
        is_past: whether 0 is when the video stopped, and not now.
    """
    times, values = thin(np.asarray(seconds, dtype=float), np.asarray(probabilities, dtype=float))
    figure = new_figure(height, uirevision="live", showlegend=False)
    figure.update_layout(margin={"r": 20})
    for emotion in EMOTIONS:
        figure.add_scatter(
            x=np.round(times, 2),
            y=np.round(values[:, emotion], 3),
            name=GLYPH_LABELS[emotion],
            mode="lines",
            line={"color": EMOTION_COLOURS[emotion], "width": 2.5, "dash": DASHES[emotion]},
            hovertemplate="%{y:.0%}, %{x:.1f} s<extra>" + GLYPH_LABELS[emotion] + "</extra>",
        )
    if len(times):
        _name_strongest(figure, times[-1], values[-1])
    ticks = np.linspace(-span, 0, 4)
    figure.update_xaxes(
        range=[-span, 0],
        title="seconds before the stop" if is_past else "seconds ago",
        tickvals=ticks,
        ticktext=[f"{-tick:.0f}" for tick in ticks[:-1]] + ["stop" if is_past else "now"],
        ticklabeloverflow="allow",
    )
    figure.update_yaxes(range=[0, 1.04], tickformat=".0%", tickvals=[0, 0.5, 1])
    return figure


def thin(
    times: npt.NDArray[np.floating],
    values: npt.NDArray[np.floating],
    *,
    most: int = MOST_POINTS,
    gap_seconds: float = GAP_SECONDS,
) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
    """At most so many points, the last among them, and a blank one wherever the face was away.

    Args:
        times: (N,) seconds, rising.
        values: (N, 7).
        most: points that stay.
        gap_seconds: how long a face must be away to leave a gap.
    """
    values = values.reshape(len(times), len(EMOTIONS))
    step = max(1, -(-len(times) // most))
    keep = np.arange(len(times) - 1, -1, -step)[::-1]
    away = np.flatnonzero(np.diff(times) > gap_seconds) + 1  # where the face came back, before any thinning
    gaps = np.unique(np.searchsorted(keep, away))
    gaps = gaps[gaps > 0]
    times, values = times[keep], values[keep]
    return np.insert(times, gaps, times[gaps] if len(gaps) else 0.0), np.insert(values, gaps, np.nan, axis=0)


def _name_strongest(figure: go.Figure, at: float, values: npt.NDArray[np.floating]) -> None:
    """Write the strongest emotion's name at the end of its line."""
    strongest = EMOTIONS[int(np.nanargmax(values))]
    figure.add_annotation(
        x=at,
        y=float(values[strongest]),
        text=f"<b>{GLYPH_LABELS[strongest]}</b>",
        font={"size": LABEL_PX, "color": EMOTION_COLOURS[strongest]},
        showarrow=False,
        xanchor="right",
        yanchor="top" if values[strongest] > 0.8 else "bottom",
    )
