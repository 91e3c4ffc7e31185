"""A chart of what became of a study's claims: differences between variants, with their intervals."""

from collections.abc import Sequence

from fer_core.charts.style import ACCENT, LABEL_PX, MUTED, new_figure
from fer_core.evaluation.bootstrap import Difference
from fer_core.extras import optional
from fer_core.formats import format_points

with optional():
    import plotly.graph_objects as go

ROW_PX, AXIS_PX = 46, 60


def plot_differences(differences: Sequence[tuple[str, Difference]]) -> go.Figure:
    """A row a claim, the first on top: the difference in points with its 95% interval, beside a line at 0.

    What is significant is filled and in the accent's colour; what is not is an open mark.

    Args:
        differences: what is subtracted from what ("accuracy, weighted minus plain"), and the difference.
    """
    figure = new_figure(AXIS_PX + ROW_PX * len(differences), showlegend=False)
    for place, (_, each) in enumerate(differences):
        told = each.direction != 0
        figure.add_scatter(
            x=[100 * each.value],
            y=[place],
            mode="markers",
            marker={
                "color": ACCENT if told else MUTED,
                "symbol": "circle" if told else "circle-open",
                "size": 11,
            },
            error_x={
                "type": "data",
                "array": [100 * (each.high - each.value)],
                "arrayminus": [100 * (each.value - each.low)],
                "thickness": 2,
            },
            hovertemplate=f"{format_points(each.value, each.low, each.high)}<extra></extra>",
        )
    figure.add_vline(x=0, line={"color": MUTED, "width": 1.5, "dash": "dot"})
    figure.update_xaxes(title="points, with 95% CI")
    figure.update_yaxes(
        tickvals=list(range(len(differences))),
        ticktext=[what.replace(", ", ",<br>") for what, _ in differences],
        range=[len(differences) - 0.5, -0.5],
        showgrid=False,
        ticks="",
        tickfont={"size": LABEL_PX},
    )
    return figure
