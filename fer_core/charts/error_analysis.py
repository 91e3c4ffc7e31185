"""Charts of error analysis: an embedding to pick from, the votes on one image."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_core.charts.dataset import VOTE_LABELS, VOTE_ORDER
from fer_core.charts.style import LABEL_PX, MUTED, new_figure
from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS, EMOTIONS
from fer_core.extras import optional
from fer_core.palette import EMOTION_COLOURS, EMOTION_GLYPHS

with optional():
    import plotly.graph_objects as go

LABEL, PREDICTION, CORRECTNESS = COLOUR_BY = ("true label", "prediction", "correctness")
WRONG = "#d02905"
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
    colour_by: str = LABEL,
    height: int = 560,
) -> go.Figure:
    """An embedding to zoom and to draw a lasso in: an image a mark, misclassified ones bold.

    ``customdata`` of a mark is the image's row, and its position in these arrays.

    Args:
        points: (N, 2), from ``error_analysis.project``.
        labels, predicted: (N,) in [0, 6].
        rows: (N,) rows in the source.
        colour_by: one of COLOUR_BY: what colour and shape tell.
        height: px.
    """
    points, labels, predicted, rows = map(np.asarray, (points, labels, predicted, rows))
    wrong = labels != predicted
    figure = new_figure(height)
    figure.update_layout(dragmode="lasso")
    for name, chosen, mark in _groups(labels, predicted, colour_by):
        group: dict[str, object] = {"mode": "markers", "legendgroup": name, "name": name}
        figure.add_scatter(x=[None], y=[None], marker=mark | {"size": 10}, **group)  # the legend, not faint
        bold = wrong[chosen]
        figure.add_scatter(
            x=np.round(points[chosen, 0], 3),
            y=np.round(points[chosen, 1], 3),
            marker=mark | {"size": np.where(bold, 9, 6), "opacity": np.where(bold, 0.9, 0.35)},
            customdata=np.stack([rows[chosen], np.flatnonzero(chosen)], axis=1),
            text=[_words(*pair) for pair in zip(labels[chosen], predicted[chosen], strict=True)],
            hovertemplate="row %{customdata[0]}: %{text}<extra></extra>",
            showlegend=False,
            **group,
        )
    figure.update_xaxes(visible=False, fixedrange=False)
    figure.update_yaxes(visible=False, fixedrange=False)
    return figure


def _groups(
    labels: npt.NDArray[Any], predicted: npt.NDArray[Any], colour_by: str
) -> Iterator[tuple[str, npt.NDArray[np.bool_], dict[str, object]]]:
    """What the legend lists: a name, which images it stands for, and their mark."""
    if colour_by == CORRECTNESS:
        yield "correct", labels == predicted, {"color": MUTED, "symbol": "circle"}
        yield "misclassified", labels != predicted, {"color": WRONG, "symbol": "x"}
        return
    values = labels if colour_by == LABEL else predicted
    for emotion in EMOTIONS:
        symbol = SYMBOLS[EMOTION_GLYPHS[emotion]]
        yield emotion.label, values == emotion, {"color": EMOTION_COLOURS[emotion], "symbol": symbol}


def _words(label: int, predicted: int) -> str:
    return f"{EMOTION_LABELS[label]}, predicted as {EMOTION_LABELS[predicted]}"


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
