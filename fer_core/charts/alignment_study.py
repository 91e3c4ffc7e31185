"""A chart of what roll correction does to faces that were turned."""

from collections.abc import Sequence
from typing import Any

from fer_core.charts.style import ACCENT, RUN_COLOURS, new_figure
from fer_core.experiments.alignment_study import Effect
from fer_core.extras import optional

with optional():
    import plotly.graph_objects as go

APART = 0.35  # degrees to either side, so that two intervals at one angle do not cover each other


def plot_alignment(effects: Sequence[Effect], *, height: int = 360) -> go.Figure:
    """Accuracy against the angle by which faces were turned, unaligned and corrected; 95% intervals."""
    figure = new_figure(height)
    angles = [each.degrees for each in effects]
    raw, corrected = [each.raw for each in effects], [each.corrected for each in effects]
    _add_line(figure, angles, raw, name="without roll correction", aside=-APART, colour=RUN_COLOURS[1])
    _add_line(figure, angles, corrected, name="with roll correction", aside=APART, colour=ACCENT)
    figure.update_xaxes(title="turned by, in degrees to either side", tickvals=angles, ticksuffix="°")
    figure.update_yaxes(title="accuracy", tickformat=".0%")
    return figure


def _add_line(
    figure: go.Figure,
    angles: Sequence[int],
    scores: Sequence[dict[str, Any]],
    *,
    name: str,
    aside: float,
    colour: str,
) -> None:
    accuracy = [each["accuracy"] for each in scores]
    low, high = zip(*(each["accuracy_interval"] for each in scores), strict=True)
    figure.add_scatter(
        name=name,
        x=[angle + aside for angle in angles],
        y=accuracy,
        mode="lines+markers",
        line={"color": colour, "dash": "dash" if aside < 0 else "solid", "width": 2.5},
        marker={"symbol": "diamond" if aside < 0 else "circle", "size": 9},
        error_y={
            "type": "data",
            "array": [top - middle for top, middle in zip(high, accuracy, strict=True)],
            "arrayminus": [middle - bottom for middle, bottom in zip(accuracy, low, strict=True)],
            "thickness": 1.5,
        },
        customdata=list(zip(angles, low, high, strict=True)),
        hovertemplate=f"{name}, turned by %{{customdata[0]}}°: %{{y:.1%}} "
        "(%{customdata[1]:.1%} to %{customdata[2]:.1%})<extra></extra>",
    )
