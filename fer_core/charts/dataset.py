"""Charts of a data set: class distribution, class weights, and FER+ annotations."""

import numpy as np
import numpy.typing as npt

from fer_core.charts.confusion import SHADE
from fer_core.charts.style import GLYPH_LABELS, LABEL_PX, new_figure
from fer_core.datasets.ferplus import COLUMN_OF, VOTE_NAMES
from fer_core.emotions import EMOTION_LABELS, EMOTIONS
from fer_core.extras import optional
from fer_core.palette import EMOTION_COLOURS, rgb

with optional():
    import plotly.graph_objects as go

# The annotators' ten choices as the heat map shows them: the seven in FER2013's order, then the other three.
_OTHERS = tuple(column for column in range(len(VOTE_NAMES)) if column not in COLUMN_OF.values())
VOTE_ORDER = (*COLUMN_OF.values(), *_OTHERS)
VOTE_LABELS = (*EMOTION_LABELS, *(VOTE_NAMES[column].replace("NF", "no face") for column in _OTHERS))


def plot_class_counts(counts: npt.ArrayLike, *, height: int = 300, unit: str = "images") -> go.Figure:
    """Images of each emotion as bars, angry on top; the paper's figure 2.

    Args:
        counts: (7,) images or faces.
        height: px.
        unit: what is counted.
    """
    values = np.asarray(counts)
    shares = values / max(1, values.sum())
    texts = [f"{value:,} <b>{share:.1%}</b>" for value, share in zip(values, shares, strict=True)]
    return _bars(values, texts, height, room=1.34, hover=f"%{{y}}: %{{x:,}} {unit}")


def plot_class_weights(weights: npt.ArrayLike, *, height: int = 300) -> go.Figure:
    """The weight of each class in a balanced loss.

    Args:
        weights: (7,), from ``fer_core.datasets.class_weights``.
        height: px.
    """
    values = np.asarray(weights)
    texts = [f"<b>×{value:.2f}</b>" for value in values]
    return _bars(values, texts, height, room=1.24, hover="%{y}: weight %{x:.2f}")


def _bars(values: np.ndarray, texts: list[str], height: int, *, room: float, hover: str) -> go.Figure:
    """One bar per emotion with its text behind it; the axis leaves ``room`` times the longest bar."""
    figure = new_figure(height, bargap=0.28, showlegend=False)
    figure.add_bar(
        x=values,
        y=GLYPH_LABELS,
        orientation="h",
        marker={"color": [EMOTION_COLOURS[emotion] for emotion in EMOTIONS], "cornerradius": 3},
        text=texts,
        textposition="outside",
        textfont={"size": LABEL_PX},
        cliponaxis=False,
        hovertemplate=f"{hover}<extra></extra>",
    )
    figure.update_xaxes(range=[0, room * max(values.max(), 1e-9)], visible=False)
    figure.update_yaxes(autorange="reversed", ticks="", showgrid=False, tickfont={"size": LABEL_PX})
    return figure


def plot_votes(votes: npt.ArrayLike, *, height: int = 400) -> go.Figure:
    """FER+ votes on the images of each label, in percent of the row.

    Args:
        votes: (7, 10) votes; rows are FER2013's labels, columns those of ``VOTE_NAMES``.
        height: px.
    """
    counts = np.asarray(votes)[:, list(VOTE_ORDER)]
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    red, green, blue = rgb(SHADE)
    figure = new_figure(height)
    figure.add_heatmap(
        z=np.sqrt(share),  # so that a few percent can be seen
        x=VOTE_LABELS,
        y=EMOTION_LABELS,
        zmin=0,
        zmax=1,
        xgap=2,
        ygap=2,
        colorscale=[[0, f"rgba({red},{green},{blue},0.03)"], [1, f"rgba({red},{green},{blue},1)"]],
        showscale=False,
        customdata=share,
        hovertemplate="true label %{y}: %{customdata:.1%} of the votes for %{x}<extra></extra>",
    )
    figure.update_layout(annotations=[_cell(share, *place) for place in np.ndindex(share.shape)])
    names = {"ticks": "", "showgrid": False, "tickfont": {"size": LABEL_PX}}
    figure.update_xaxes(title="FER+ votes", **names)
    figure.update_yaxes(title="true label", autorange="reversed", **names)
    return figure


def _cell(share: np.ndarray, row: int, column: int) -> dict[str, object]:
    """A cell's percent: bold where annotators confirm the label, white where the shade is strong."""
    text = f"{100 * share[row, column]:.0f}"
    font: dict[str, object] = {"size": LABEL_PX}
    if share[row, column] > 0.4:
        font["color"] = "#ffffff"
    return {
        "text": f"<b>{text}</b>" if row == column else text,
        "font": font,
        "showarrow": False,
        "x": VOTE_LABELS[column],
        "y": EMOTION_LABELS[row],
    }
