"""Charts of error analysis: an embedding to pick from, the votes on one image."""

import numpy as np
import numpy.typing as npt

from fer_core.charts.dataset import VOTE_LABELS, VOTE_ORDER
from fer_core.charts.style import LABEL_PX, MUTED, new_figure
from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS, EMOTIONS
from fer_core.extras import optional
from fer_core.palette import EMOTION_COLOURS, EMOTION_GLYPHS

with optional():
    import plotly.graph_objects as go

# Plotly's names of the glyphs that stand for the emotions everywhere.
SYMBOLS = {
    "▲": "triangle-up",
    "■": "square",
    "◆": "diamond",
    "●": "circle",
    "▼": "triangle-down",
    "★": "star",
    "○": "circle-open",
}


def plot_embedding(
    points: npt.ArrayLike,
    labels: npt.ArrayLike,
    predicted: npt.ArrayLike,
    rows: npt.ArrayLike,
    *,
    height: int = 560,
) -> go.Figure:
    """An embedding: images as marks of their true label, misclassified ones bold; ``customdata`` is the row.

    Args:
        points: (N, 2), from ``error_analysis.project``.
        labels, predicted: (N,) in [0, 6].
        rows: (N,) rows in the source.
        height: px.
    """
    points, labels, rows = (np.asarray(values) for values in (points, labels, rows))
    predicted = np.asarray(predicted)
    figure = new_figure(height)
    for emotion in EMOTIONS:
        chosen = labels == emotion
        wrong = predicted[chosen] != emotion
        mark = {"color": EMOTION_COLOURS[emotion], "symbol": SYMBOLS[EMOTION_GLYPHS[emotion]]}
        group: dict[str, object] = {"mode": "markers", "legendgroup": emotion.label, "name": emotion.label}
        figure.add_scatter(x=[None], y=[None], marker=mark | {"size": 10}, **group)  # the legend, not faint
        figure.add_scatter(
            x=np.round(points[chosen, 0], 3),
            y=np.round(points[chosen, 1], 3),
            marker=mark | {"size": np.where(wrong, 9, 6), "opacity": np.where(wrong, 0.9, 0.35)},
            customdata=rows[chosen],
            text=[EMOTION_LABELS[said] for said in predicted[chosen]],
            hovertemplate=f"row %{{customdata}}: {emotion.label}, predicted as %{{text}}<extra></extra>",
            showlegend=False,
            **group,
        )
    figure.update_xaxes(visible=False)
    figure.update_yaxes(visible=False)
    return figure


def plot_face_votes(votes: npt.ArrayLike, *, height: int = 300) -> go.Figure:
    """The FER+ votes on one image: a bar a choice.

    Args:
        votes: (10,) votes, in the order of ``VOTE_NAMES``.
        height: px.
    """
    counts = np.asarray(votes)[list(VOTE_ORDER)]
    colours = [EMOTION_COLOURS[emotion] for emotion in EMOTIONS]
    names = [f"{EMOTION_GLYPHS[emotion]} {emotion.label}" for emotion in EMOTIONS]
    figure = new_figure(height, bargap=0.28, showlegend=False)
    figure.add_bar(
        x=counts,
        y=[*names, *VOTE_LABELS[EMOTION_COUNT:]],
        orientation="h",
        marker={"color": [*colours, *[MUTED] * (len(counts) - EMOTION_COUNT)], "cornerradius": 3},
        text=[f"<b>{count}</b>" if count == counts.max() else f"{count}" for count in counts],
        textposition="outside",
        textfont={"size": LABEL_PX},
        cliponaxis=False,
        hovertemplate="%{y}: %{x} votes<extra></extra>",
    )
    figure.update_xaxes(range=[0, 1.12 * max(1, counts.max())], visible=False)
    figure.update_yaxes(autorange="reversed", ticks="", showgrid=False, tickfont={"size": LABEL_PX})
    return figure
