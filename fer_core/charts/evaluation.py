"""Charts of an evaluation: per-class metrics, reliability diagram, accuracies."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from fer_core.charts.style import ACCENT, GLYPH_LABELS, LABEL_PX, MUTED, RUN_MARKERS, new_figure
from fer_core.emotions import EMOTIONS
from fer_core.evaluation.metrics import wilson_interval
from fer_core.extras import optional
from fer_core.palette import EMOTION_COLOURS

with optional():
    import plotly.graph_objects as go

# The metrics of a class: title and pattern. The class has the colour, the pattern says which metric.
SHARES = {"f1": ("F1", ""), "precision": ("precision", "/"), "recall": ("recall", ".")}


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
