"""Charts of probabilities as an order: ROC, precision and recall, accuracy against coverage."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

from fer_core.charts.style import ACCENT, GLYPH_LABELS, MUTED, new_figure
from fer_core.emotions import EMOTIONS, Emotion
from fer_core.palette import EMOTION_COLOURS, rgb
from fer_core.rankings import Coverage, Ranking

MOST_POINTS = 200  # of a line: more than a screen can show, fewer than would make a page heavy
FEWEST_FACES = 30  # of fewer, a share jumps about
FAINT = 0.45  # the emotions beside the chosen one
Line = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def plot_roc(rankings: Sequence[Ranking], chosen: Emotion, *, height: int = 400) -> go.Figure:
    """Each emotion against the rest: of those who show it, how many are found, for how many false alarms.

    Args:
        rankings: one an emotion, in the order of ``EMOTIONS``; those without faces are left out.
        chosen: the emotion to draw in front.
        height: px.
    """
    figure = new_figure(height)
    figure.add_scatter(name="guessing", x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip", line=_dotted())
    _add_lines(figure, rankings, chosen, lambda each: (each.false_positive_rate, each.recall))
    figure.update_xaxes(title="called it, though they show another emotion")
    figure.update_yaxes(title="found, of those who show it")
    return _as_shares(figure)


def plot_precision_recall(rankings: Sequence[Ranking], chosen: Emotion, *, height: int = 400) -> go.Figure:
    """Each emotion against the rest: how many of those who are called it show it, as more of them are found.

    Args:
        rankings: one an emotion, in the order of ``EMOTIONS``; those without faces are left out.
        chosen: the emotion to draw in front; the dotted line is what guessing would give it.
        height: px.
    """
    figure = new_figure(height)
    front = rankings[chosen]
    share = front.positives / max(1, front.count)
    figure.add_scatter(
        name="guessing", x=[0, 1], y=[share, share], mode="lines", hoverinfo="skip", line=_dotted()
    )
    _add_lines(figure, rankings, chosen, lambda each: (each.recall, each.precision))
    figure.update_xaxes(title="found, of those who show it (recall)")
    figure.update_yaxes(title="truly show it (precision)")
    return _as_shares(figure)


def _add_lines(
    figure: go.Figure, rankings: Sequence[Ranking], chosen: Emotion, line: Callable[[Ranking], Line]
) -> None:
    """A thin line an emotion, and the chosen one's thick, last and so in front."""
    for emotion in sorted(EMOTIONS, key=lambda each: each == chosen):
        ranking, front = rankings[emotion], emotion == chosen
        if not 0 < ranking.positives < ranking.count:
            continue
        x, y = line(ranking)
        way = np.cumsum(np.abs(np.diff(x, prepend=x[0])) + np.abs(np.diff(y, prepend=y[0])))
        kept = np.unique(np.searchsorted(way, np.linspace(0, way[-1], MOST_POINTS)).clip(max=len(x) - 1))
        figure.add_scatter(
            name=GLYPH_LABELS[emotion],
            x=x[kept],
            y=y[kept],
            mode="lines",
            opacity=1.0 if front else FAINT,
            line={"color": EMOTION_COLOURS[emotion], "width": 3.5 if front else 1.2},
            hovertemplate=f"{GLYPH_LABELS[emotion]}: %{{x:.0%}}, %{{y:.0%}}<extra></extra>",
            showlegend=front,
        )


def plot_coverage(curve: Coverage, chosen: int, *, height: int = 340) -> go.Figure:
    """How often a network is right that reads only the faces it is surest of, with its 95% interval.

    The line starts where ``FEWEST_FACES`` are read.

    Args:
        curve: from ``rankings.coverage``.
        chosen: the point to mark.
        height: px.
    """
    first = min(int(np.searchsorted(curve.read, FEWEST_FACES)), len(curve.read) - 1)
    kept = np.unique(np.linspace(first, len(curve.read) - 1, MOST_POINTS).round().astype(np.int64))
    share, accuracy = curve.share[kept], curve.accuracy[kept]
    low, high = np.array([curve.interval(int(point)) for point in kept]).T
    red, green, blue = rgb(ACCENT)
    figure = new_figure(height)
    figure.add_scatter(
        name="95% interval",
        x=np.concatenate([share, share[::-1]]),
        y=np.concatenate([high, low[::-1]]),
        fill="toself",
        fillcolor=f"rgba({red},{green},{blue},0.2)",
        mode="lines",
        line={"width": 0},
        hoverinfo="skip",
    )
    figure.add_scatter(
        name="accuracy",
        x=share,
        y=accuracy,
        mode="lines",
        line={"color": ACCENT, "width": 2.5},
        customdata=curve.threshold[kept],
        hovertemplate="the surest %{x:.0%} (at least %{customdata:.0%} sure): %{y:.1%} right<extra></extra>",
    )
    figure.add_scatter(
        name="your choice",
        x=[curve.share[chosen]],
        y=[curve.accuracy[chosen]],
        mode="markers",
        marker={"size": 14, "color": ACCENT, "line": {"width": 2, "color": "#ffffff"}},
        hovertemplate="%{y:.1%} right on the surest %{x:.0%}<extra></extra>",
    )
    figure.update_xaxes(title="faces that it reads, the surest first", range=[0, 1.03], tickformat=".0%")
    figure.update_yaxes(title="right", range=[max(0.0, float(accuracy.min()) - 0.05), 1.01], tickformat=".0%")
    return figure


def _dotted() -> dict[str, object]:
    return {"color": MUTED, "dash": "dot", "width": 1.5}


def _as_shares(figure: go.Figure) -> go.Figure:
    figure.update_xaxes(range=[0, 1.02], dtick=0.25, tickformat=".0%")
    figure.update_yaxes(range=[0, 1.02], dtick=0.25, tickformat=".0%")
    return figure
