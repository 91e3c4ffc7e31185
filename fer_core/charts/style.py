"""What every chart shares: the colours that belong to no emotion, and an empty figure to start from."""

from fer_core.emotions import EMOTIONS
from fer_core.extras import optional
from fer_core.palette import EMOTION_GLYPHS

with optional():
    import plotly.graph_objects as go

ACCENT = "#6366f1"
MUTED = "#8a8f98"
LABEL_PX = 14  # names on an axis are read, the numbers beside a grid only looked up
# One colour and one marker a run, so that overlaid runs can be told apart without colour.
RUN_COLOURS = (ACCENT, "#cd852f", "#0f8a8a", "#b02aa6", "#d02905", "#949494")
RUN_MARKERS = ("circle", "diamond", "square", "triangle-up", "star", "x")
GLYPH_LABELS = tuple(f"{EMOTION_GLYPHS[emotion]} {emotion.label}" for emotion in EMOTIONS)

# Plotly redraws on any gesture; a chart inside a page that scrolls must not catch the finger.
STILL = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False}
# What a chart to zoom has instead: buttons that say how, so that the wheel still scrolls the page.
TO_ZOOM = {
    "displayModeBar": True,
    "displaylogo": False,
    "scrollZoom": False,
    "doubleClick": "reset",
    "modeBarButtons": [["lasso2d", "select2d", "pan2d"], ["zoomIn2d", "zoomOut2d", "resetScale2d"]],
}


def new_figure(height: int, **layout: object) -> go.Figure:
    """An empty figure in the house's shape: no zoom by accident, little margin, a legend on top."""
    figure = go.Figure()
    figure.update_layout(
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        dragmode=False,
        hovermode="closest",
        legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "title": None},
        **layout,
    )
    figure.update_xaxes(fixedrange=True, automargin=True, zeroline=False)
    figure.update_yaxes(fixedrange=True, automargin=True, zeroline=False)
    return figure
