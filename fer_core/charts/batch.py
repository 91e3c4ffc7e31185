"""Charts of a batch: how often, and in which folders."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from fer_core.charts.style import ACCENT, GLYPH_LABELS, new_figure
from fer_core.emotions import EMOTIONS
from fer_core.extras import optional
from fer_core.palette import EMOTION_COLOURS

with optional():
    import plotly.graph_objects as go

ROW_PX, MOST_LETTERS = 28, 36


def plot_histogram(
    counts: npt.ArrayLike,
    labels: Sequence[str],
    *,
    title: str,
    unit: str,
    every: int = 1,
    height: int = 300,
) -> go.Figure:
    """Counts as bars that stand.

    Args:
        counts: (N,).
        labels: N, of the bars.
        title: of the axis below them.
        unit: what is counted, in the plural.
        every: which labels stand below the bars: each, every other.
        height: px.
    """
    figure = new_figure(height, bargap=0.12, showlegend=False)
    figure.add_bar(
        x=list(labels),
        y=np.asarray(counts),
        marker={"color": ACCENT, "cornerradius": 3},
        hovertemplate=f"%{{x}}: %{{y:,}} {unit}<extra></extra>",
    )
    figure.update_xaxes(title=title, type="category", tickangle=0, tickvals=list(labels)[::every])
    figure.update_yaxes(title=unit, rangemode="tozero", tickformat=",~d")
    return figure


def plot_folders(folders: Mapping[str, npt.ArrayLike], *, least_px: int = 160) -> go.Figure:
    """The emotions' shares in each folder, a bar a folder, the first on top.

    Args:
        folders: its name -> (7,) faces.
        least_px: the chart's least height.
    """
    counts = np.array([np.asarray(each) for each in folders.values()]).reshape(-1, len(EMOTIONS))
    totals = counts.sum(axis=1)
    shares = counts / np.maximum(1, totals)[:, None]
    names = [_shorten(name) for name in folders]
    figure = new_figure(max(least_px, 90 + ROW_PX * len(names)), barmode="stack", bargap=0.25)
    for emotion in EMOTIONS:
        figure.add_bar(
            x=shares[:, emotion],
            y=[f"{name}  {total:,}" for name, total in zip(names, totals, strict=True)],
            orientation="h",
            name=GLYPH_LABELS[emotion],
            marker={"color": EMOTION_COLOURS[emotion]},
            customdata=counts[:, emotion],
            hovertemplate="%{x:.0%}, %{customdata:,} faces<extra>" + GLYPH_LABELS[emotion] + "</extra>",
        )
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(legend={"itemwidth": 30, "traceorder": "normal", "font": {"size": 12}})
    return figure


def _shorten(name: str) -> str:
    """The end of a long folder's name."""
    return name if len(name) <= MOST_LETTERS else f"… {name[2 - MOST_LETTERS :]}"
