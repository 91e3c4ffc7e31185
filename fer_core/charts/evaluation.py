"""Charts of an evaluation: confusion matrix, per-class metrics, reliability diagram, accuracies."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from fer_core.charts.style import ACCENT, GLYPH_LABELS, LABEL_PX, MUTED, RUN_MARKERS, new_figure
from fer_core.emotions import EMOTION_LABELS, EMOTIONS
from fer_core.evaluation.metrics import wilson_interval
from fer_core.extras import optional
from fer_core.palette import EMOTION_COLOURS, rgb

with optional():
    import plotly.graph_objects as go

SHADE = "#4f46e5"  # darker than ACCENT, so that white can be read on it
# The metrics of a class: title and pattern. The class has the colour, the pattern says which metric.
SHARES = {"f1": ("F1", ""), "precision": ("precision", "/"), "recall": ("recall", ".")}


def plot_confusion(
    confusion: npt.ArrayLike, *, shares: bool = True, by: str = "row", height: int = 520
) -> go.Figure:
    """The confusion matrix: rows are true labels, columns predictions.

    The shade is always a share, so that happy, with sixteen times the images of disgust, does not drown the
    rest; the text is that share in percent, or the count.

    Args:
        confusion: (7, 7) counts, rows are true labels.
        shares: write percent; False writes counts.
        by: how the shares are normalised: "row", by true label (the diagonal is recall), or "column", by
            prediction (the diagonal is precision).
        height: px.
    """
    counts = np.asarray(confusion)
    totals = counts.sum(axis=1 if by == "row" else 0, keepdims=True)
    share = counts / np.maximum(totals, 1)
    figure = new_figure(height)
    red, green, blue = rgb(SHADE)
    of_whom = "%{y} images<br>predicted as %{x}" if by == "row" else "images predicted as %{x}<br>are %{y}"
    figure.add_heatmap(
        z=np.sqrt(share),  # so that a few percent can be seen
        x=EMOTION_LABELS,
        y=EMOTION_LABELS,
        zmin=0,
        zmax=1,
        xgap=2,
        ygap=2,
        colorscale=[[0, f"rgba({red},{green},{blue},0.03)"], [1, f"rgba({red},{green},{blue},1)"]],
        showscale=False,
        customdata=np.dstack([counts, np.broadcast_to(totals, counts.shape), share]),
        hovertemplate="%{customdata[0]:,} of the %{customdata[1]:,} "
        + of_whom
        + ": %{customdata[2]:.1%}<extra></extra>",
    )
    figure.update_layout(annotations=_cell_texts(share, share if shares else counts, shares=shares))
    names = {"ticks": "", "showgrid": False, "tickfont": {"size": LABEL_PX}}
    # Where the names are wider than the cells, Plotly would turn them by 30 degrees, one above the next.
    figure.update_xaxes(title="predicted as", autotickangles=[0, -45, -90], **names)
    figure.update_yaxes(title="true label", autorange="reversed", **names)
    return figure


def _cell_texts(share: np.ndarray, values: np.ndarray, *, shares: bool) -> list[dict[str, object]]:
    """A number for each cell: white where the shade is strong, else in the theme's own text colour."""
    texts = []
    for row, column in np.ndindex(values.shape):
        text = f"{100 * values[row, column]:.0f}" if shares else f"{values[row, column]:,}"
        if row == column:
            text = f"<b>{text}{'%' if shares else ''}</b>"
        font: dict[str, object] = {"size": LABEL_PX}
        if share[row, column] > 0.4:
            font["color"] = "#ffffff"
        place = {"x": EMOTION_LABELS[column], "y": EMOTION_LABELS[row]}
        texts.append({"text": text, "font": font, "showarrow": False, **place})
    return texts


def plot_per_emotion(
    scores: Mapping[str, Sequence[float]],
    intervals: Mapping[str, Sequence[tuple[float, float]]],
    *,
    height: int = 520,
) -> go.Figure:
    """Precision, recall and F1 of each class as bars, each with its 95% interval.

    Args:
        scores: a score dictionary (``metrics.score``): ``precision``, ``recall`` and ``f1``, seven each.
        intervals: their ends, ``metrics.class_intervals``.
        height: px.
    """
    figure = new_figure(height, barmode="group", bargap=0.25, bargroupgap=0.05)
    for name, (title, pattern) in SHARES.items():
        values, ends = np.asarray(scores[name]), np.nan_to_num(np.asarray(intervals[name]))
        look = {"pattern": {"shape": pattern, "fillmode": "replace", "size": 5}}
        figure.add_bar(
            name=title,
            x=values,
            y=GLYPH_LABELS,
            orientation="h",
            marker={"color": [EMOTION_COLOURS[emotion] for emotion in EMOTIONS], "cornerradius": 2} | look,
            error_x={
                "type": "data",
                "symmetric": False,
                "array": np.maximum(0, ends[:, 1] - values),
                "arrayminus": np.maximum(0, values - ends[:, 0]),
                "thickness": 1.2,
                "width": 3,
                "color": MUTED,
            },
            customdata=ends,
            hovertemplate=f"%{{y}}: {title} %{{x:.1%}}<br>"
            "95% interval %{customdata[0]:.1%} to %{customdata[1]:.1%}<extra></extra>",
            legendgroup=name,
            showlegend=False,
        )
        figure.add_bar(  # the legend shows the pattern, in no class's colour
            name=title, x=[None], y=[GLYPH_LABELS[0]], marker={"color": MUTED} | look, legendgroup=name
        )
        figure.data[-1].update(orientation="h", offsetgroup=name)
        figure.data[-2].update(offsetgroup=name)
    figure.update_xaxes(range=[0, 1.04], dtick=0.25, tickformat=".0%")
    figure.update_yaxes(autorange="reversed", ticks="", showgrid=False, tickfont={"size": LABEL_PX})
    return figure


def plot_reliability(
    confidence: npt.ArrayLike, accuracy: npt.ArrayLike, counts: npt.ArrayLike, *, height: int = 380
) -> go.Figure:
    """The reliability diagram: a marker a bin, as large as the bin is full, and its 95% interval.

    Args:
        confidence: (bins,) mean confidence in each bin, in [0, 1].
        accuracy: (bins,) of each bin, in [0, 1].
        counts: (bins,) images in each bin; empty bins are left out.
        height: px.
    """
    confidence, accuracy, counts = np.asarray(confidence), np.asarray(accuracy), np.asarray(counts)
    full = counts > 0
    rights = (accuracy[full] * counts[full]).round().astype(int)
    ends = [wilson_interval(*pair) for pair in zip(rights.tolist(), counts[full].tolist(), strict=True)]
    low, high = np.array(ends).reshape(-1, 2).T
    figure = new_figure(height)
    figure.add_scatter(
        name="perfectly calibrated",
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        hoverinfo="skip",
        line={"color": MUTED, "dash": "dot", "width": 1.5},
    )
    figure.add_scatter(
        name="this network",
        x=confidence[full],
        y=accuracy[full],
        mode="lines+markers",
        line={"color": ACCENT},
        marker={"color": ACCENT, "size": 6 + 18 * np.sqrt(counts[full] / max(1, counts.max()))},
        error_y={
            "type": "data",
            "symmetric": False,
            "array": high - accuracy[full],
            "arrayminus": accuracy[full] - low,
            "thickness": 1.2,
            "width": 3,
            "color": MUTED,
        },
        customdata=np.column_stack([counts[full], low, high]),
        hovertemplate="%{customdata[0]:,} images, mean confidence %{x:.0%}: accuracy %{y:.1%}<br>"
        "95% interval %{customdata[1]:.1%} to %{customdata[2]:.1%}<extra></extra>",
    )
    figure.update_xaxes(title="confidence", range=[0, 1.04], dtick=0.25, tickformat=".0%")
    figure.update_yaxes(title="accuracy", range=[0, 1.04], dtick=0.25, tickformat=".0%")
    return figure


def plot_comparison(
    results: Mapping[str, tuple[float, float, float]], *, ours: bool = True, height: int = 170
) -> go.Figure:
    """Accuracies with their ranges on one line of numbers.

    Args:
        results: name -> (accuracy, low, high), in [0, 1]; where no range is known, low = high = accuracy.
        ours: the first of them is the one to look at.
        height: px.
    """
    figure = new_figure(height, showlegend=False)
    for index, (name, (value, low, high)) in enumerate(results.items()):
        colour = ACCENT if ours and index == 0 else MUTED
        known = bool(high > low)
        spread = f" ({low:.1%} to {high:.1%})" if known else ""
        figure.add_scatter(
            x=[value],
            y=[name],
            mode="markers",
            marker={"size": 15, "color": colour, "symbol": RUN_MARKERS[index % len(RUN_MARKERS)]},
            error_x={
                "type": "data",
                "symmetric": False,
                "visible": known,
                "thickness": 3,
                "width": 7,
                "array": [high - value],
                "arrayminus": [value - low],
            },
            hovertemplate=f"{name}: {value:.1%}{spread}<extra></extra>",
        )
    ends = np.array(list(results.values()))
    figure.update_xaxes(range=[ends.min() - 0.01, ends.max() + 0.01], tickformat=".1~%")
    figure.update_yaxes(autorange="reversed", ticks="", showgrid=False, tickfont={"size": LABEL_PX})
    return figure
