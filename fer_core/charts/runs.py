"""Charts of several runs beside each other: a colour, a dash and a name a run."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from fer_core.charts.style import MUTED, RUN_COLOURS, new_figure
from fer_core.extras import optional

with optional():
    import plotly.graph_objects as go

DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
MOST_POINTS = 400  # of a line: more than a screen can show


def plot_run_curves(
    curves: Mapping[str, tuple[npt.ArrayLike, npt.ArrayLike]],
    *,
    titles: tuple[str, str],
    reference: tuple[str, Sequence[float]] | None = None,
    lowest: float = 0.0,
    height: int = 400,
) -> go.Figure:
    """One curve a run over shares in [0, 1].

    Args:
        curves: run name -> x and y, in [0, 1]; nan is left out.
        titles: of the two axes.
        reference: the name of a dotted line from x = 0 to x = 1, and its y at either end.
        lowest: where the y axis begins.
        height: px.
    """
    figure = new_figure(height)
    if reference is not None:
        name, ends = reference
        dotted = {"color": MUTED, "dash": "dot", "width": 1.5}
        figure.add_scatter(name=name, x=[0, 1], y=ends, mode="lines", hoverinfo="skip", line=dotted)
    for index, (name, points) in enumerate(curves.items()):
        x, y = map(np.asarray, points)
        known = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
        kept = known[
            np.unique(np.linspace(0, len(known) - 1, min(len(known), MOST_POINTS)).round().astype(int))
        ]
        figure.add_scatter(
            name=name,
            x=x[kept],
            y=y[kept],
            mode="lines",
            line={
                "color": RUN_COLOURS[index % len(RUN_COLOURS)],
                "dash": DASHES[index % len(DASHES)],
                "width": 2.5,
            },
            hovertemplate=f"{name}: %{{x:.0%}}, %{{y:.1%}}<extra></extra>",
        )
    figure.update_xaxes(title=titles[0], range=[0, 1.02], dtick=0.25, tickformat=".0%")
    figure.update_yaxes(title=titles[1], range=[lowest, 1.02], tickformat=".0%")
    return figure
