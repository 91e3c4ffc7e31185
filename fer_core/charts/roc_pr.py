"""Charts: ROC and precision-recall curves, accuracy against coverage."""

from collections.abc import Sequence

import numpy as np

from fer_core.charts.style import ACCENT, GLYPH_LABELS, MUTED, new_figure
from fer_core.emotions import EMOTIONS, Emotion
from fer_core.evaluation.roc_pr import ClassCurves, Curve, SelectivePrediction
from fer_core.extras import optional
from fer_core.palette import EMOTION_COLOURS, rgb

with optional():
    import plotly.graph_objects as go

MOST_POINTS = 200  # of a line with an interval at each point: more than a screen can show
FEWEST_IMAGES = 30  # of fewer, a share jumps about
FAINT = 0.45  # the classes beside the chosen one


def plot_roc(curves: Sequence[ClassCurves], chosen: Emotion, *, height: int = 400) -> go.Figure:
    """The ROC curve of each class against the rest.

    Args:
        curves: one a class, in the order of ``EMOTIONS``; empty ones are left out.
        chosen: the class to draw in front.
        height: px.
    """
    lines = [(each.false_positive_rate, each.true_positive_rate) for each in curves]
    figure = _plot_lines(lines, chosen, chance=(0, 1), height=height)
    figure.update_xaxes(title="false positive rate")
    figure.update_yaxes(title="true positive rate")
    return figure


def plot_precision_recall(curves: Sequence[ClassCurves], chosen: Emotion, *, height: int = 400) -> go.Figure:
    """The precision-recall curve of each class against the rest.

    Args:
        curves: one a class, in the order of ``EMOTIONS``; empty ones are left out.
        chosen: the class to draw in front, and whose chance level is drawn.
        height: px.
    """
    prevalence = curves[chosen].positives / max(1, curves[chosen].count)
    lines = [(each.recall, each.precision) for each in curves]
    figure = _plot_lines(lines, chosen, chance=(prevalence, prevalence), height=height)
    figure.update_xaxes(title="recall")
    figure.update_yaxes(title="precision")
    return figure


def _plot_lines(
    lines: Sequence[tuple[Curve, Curve]], chosen: Emotion, *, chance: tuple[float, float], height: int
) -> go.Figure:
    """A dotted line for chance, a thin one a class, and the chosen one's thick, last and so in front."""
    figure = new_figure(height)
    dotted = {"color": MUTED, "dash": "dot", "width": 1.5}
    figure.add_scatter(name="chance", x=[0, 1], y=chance, mode="lines", hoverinfo="skip", line=dotted)
    for emotion in sorted(EMOTIONS, key=lambda each: each == chosen):
        (x, y), front = lines[emotion], emotion == chosen
        if not len(x):
            continue
        figure.add_scatter(
            name=GLYPH_LABELS[emotion],
            x=x,
            y=y,
            mode="lines",
            opacity=1.0 if front else FAINT,
            line={"color": EMOTION_COLOURS[emotion], "width": 3.5 if front else 1.2},
            hovertemplate=f"{GLYPH_LABELS[emotion]}: %{{x:.0%}}, %{{y:.0%}}<extra></extra>",
            showlegend=front,
        )
    figure.update_xaxes(range=[0, 1.02], dtick=0.25, tickformat=".0%")
    figure.update_yaxes(range=[0, 1.02], dtick=0.25, tickformat=".0%")
    return figure


def plot_coverage(curve: SelectivePrediction, chosen: int, *, height: int = 340) -> go.Figure:
    """Accuracy against coverage, with its 95% interval, from where ``FEWEST_IMAGES`` are answered.


    Args:
        curve: from ``roc_pr.predict_selectively``.
        chosen: the point to mark.
        height: px.
    """
    first = min(int(np.searchsorted(curve.answered, FEWEST_IMAGES)), len(curve.answered) - 1)
    kept = np.unique(np.linspace(first, len(curve.answered) - 1, MOST_POINTS).round().astype(np.int64))
    coverage, accuracy = curve.coverage[kept], curve.accuracy[kept]
    low, high = np.array([curve.interval(int(point)) for point in kept]).T
    red, green, blue = rgb(ACCENT)
    figure = new_figure(height)
    figure.add_scatter(
        name="95% interval",
        x=np.concatenate([coverage, coverage[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},0.2)",
        mode="lines",
        line={"width": 0},
        hoverinfo="skip",
    )
    figure.add_scatter(
        name="accuracy",
        x=coverage,
        y=accuracy,
        mode="lines",
        line={"color": ACCENT, "width": 2.5},
        customdata=curve.threshold[kept],
        hovertemplate="coverage %{x:.0%} (confidence ≥ %{customdata:.0%}): accuracy %{y:.1%}<extra></extra>",
    )
    figure.add_scatter(
        name="chosen coverage",
        x=[curve.coverage[chosen]],
        y=[curve.accuracy[chosen]],
        mode="markers",
        marker={"size": 14, "color": ACCENT, "line": {"width": 2, "color": "#ffffff"}},
        hovertemplate="coverage %{x:.0%}: accuracy %{y:.1%}<extra></extra>",
    )
    figure.update_xaxes(title="coverage", range=[0, 1.03], tickformat=".0%")
    figure.update_yaxes(
        title="accuracy", range=[max(0.0, float(accuracy.min()) - 0.05), 1.01], tickformat=".0%"
    )
    return figure
