"""Charts of one face."""

import numpy as np
import numpy.typing as npt

from fer_core.charts.style import GLYPH_LABELS, LABEL_PX, new_figure
from fer_core.emotions import EMOTIONS
from fer_core.extras import optional
from fer_core.palette import EMOTION_COLOURS

with optional():
    import plotly.graph_objects as go


def plot_probabilities(probabilities: npt.ArrayLike, *, height: int = 232) -> go.Figure:
    """Seven bars, angry on top, for one face.

    Args:
        probabilities: (7,) in [0, 1], in the order of ``EMOTIONS``.
        height: px.
    """
    values = np.asarray(probabilities, dtype=float)
    figure = new_figure(height, bargap=0.28, showlegend=False)
    figure.add_bar(
        x=values,
        y=GLYPH_LABELS,
        orientation="h",
        marker={"color": [EMOTION_COLOURS[emotion] for emotion in EMOTIONS], "cornerradius": 3},
        text=[f"<b>{value:.0%}</b>" if value == values.max() else f"{value:.0%}" for value in values],
        textposition="outside",
        textfont={"size": LABEL_PX},
        cliponaxis=False,
        hovertemplate="%{y}: %{x:.1%}<extra></extra>",
    )
    figure.update_xaxes(range=[0, 1.12], visible=False)
    figure.update_yaxes(autorange="reversed", ticks="", showgrid=False, tickfont={"size": LABEL_PX})
    return figure
