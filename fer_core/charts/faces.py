"""Charts of one face, and of how many faces show what."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fer_core.charts.live import DASHES
from fer_core.charts.style import GLYPH_LABELS, LABEL_PX, MUTED, new_figure
from fer_core.emotions import EMOTIONS
from fer_core.extras import optional
from fer_core.palette import EMOTION_COLOURS

with optional():
    import plotly.graph_objects as go

COLOURS = [EMOTION_COLOURS[emotion] for emotion in EMOTIONS]


def plot_probabilities(
    probabilities: npt.ArrayLike, *, before: npt.ArrayLike | None = None, height: int = 232
) -> go.Figure:
    """Seven bars, angry on top, for one face.

    Args:
        probabilities: (7,) in [0, 1], in the order of ``EMOTIONS``.
        before: (7,) likewise; marked by a stroke on each bar.
        height: px.
    """
    values = np.asarray(probabilities, dtype=float)
    figure = _bars(values, [f"{value:.0%}" for value in values], "%{y}: %{x:.1%}", height)
    figure.update_xaxes(range=[0, 1.2])
    if before is not None:
        figure.add_scatter(
            x=np.asarray(before, dtype=float).tolist(),
            y=GLYPH_LABELS,
            mode="markers",
            marker={"symbol": "line-ns", "size": 18, "line": {"width": 3, "color": MUTED}},
            cliponaxis=False,
            hovertemplate="%{y} before: %{x:.1%}<extra></extra>",
        )
    return figure


def plot_emotion_counts(counts: Sequence[int], *, height: int = 232) -> go.Figure:
    """How many faces show each emotion, as bars.

    Args:
        counts: (7,) in the order of ``EMOTIONS``.
        height: px.
    """
    figure = _bars(np.asarray(counts), [f"{count:,}" for count in counts], "%{y}: %{x:,}", height)
    figure.update_xaxes(range=[0, 1.2 * max(1, *counts)])
    return figure


def _bars(values: npt.NDArray[np.generic], texts: Sequence[str], hover: str, height: int) -> go.Figure:
    """A bar an emotion with its text behind it, the highest in bold."""
    figure = new_figure(height, bargap=0.28, showlegend=False)
    figure.add_bar(
        x=values.tolist(),
        y=GLYPH_LABELS,
        orientation="h",
        marker={"color": COLOURS, "cornerradius": 3},
        text=[
            f"<b>{text}</b>" if value == values.max() else text
            for text, value in zip(texts, values, strict=True)
        ],
        textposition="outside",
        textfont={"size": LABEL_PX},
        cliponaxis=False,
        hovertemplate=f"{hover}<extra></extra>",
    )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(autorange="reversed", ticks="", showgrid=False, tickfont={"size": LABEL_PX})
    return figure


def plot_sensitivity(
    strengths: npt.ArrayLike, probabilities: npt.ArrayLike, *, at: float, title: str, height: int = 300
) -> go.Figure:
    """How the seven probabilities of a face move with the strength of one change, as lines.

    Args:
        strengths: (N,) rising.
        probabilities: (N, 7) in [0, 1], in the order of ``EMOTIONS``.
        at: the strength that is chosen, which a vertical line marks.
        title: of the strengths' axis.
        height: px.
    """
    x, values = np.asarray(strengths, dtype=float), np.asarray(probabilities, dtype=float)
    figure = new_figure(height)
    figure.update_layout(legend={"itemwidth": 30, "font": {"size": 12}})
    for emotion in EMOTIONS:
        figure.add_scatter(
            x=x.tolist(),
            y=np.round(values[:, emotion], 3).tolist(),
            name=GLYPH_LABELS[emotion],
            mode="lines",
            line={"color": EMOTION_COLOURS[emotion], "width": 2.5, "dash": DASHES[emotion]},
            hovertemplate="%{y:.0%} at %{x:g}<extra>" + GLYPH_LABELS[emotion] + "</extra>",
        )
    figure.add_vline(x=at, line={"color": MUTED, "width": 2})
    figure.update_xaxes(title=title, range=[x[0], x[-1]])
    figure.update_yaxes(range=[0, 1.04], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    return figure
