"""How a chart is put on a page, the same everywhere."""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from fer_core.charts import STILL


def show_figure(
    figure: go.Figure, *, key: str, alt: str, on_pick: Callable[[dict[str, Any]], None] | None = None
) -> None:
    """Show a chart in the page's theme.

    Streamlit's own Plotly theme writes in a gray of 3.7:1 on white; small text needs 4.5:1 (WCAG 2.2, 1.4.3),
    so text takes the page's text colour where the browser has said which theme it shows.

    Args:
        figure: from ``fer_core.charts``.
        key: unique on the page; it lets the chart change in place.
        alt: what the chart shows, for those who do not see it.
        on_pick: called with the point that the user clicked on, before the page runs again.
    """
    ink = _theme_colour("textColor")
    if ink is not None:
        axis = {"tickfont": {"color": ink}, "title": {"font": {"color": ink}}}
        figure.update_layout(font={"color": ink}, legend={"font": {"color": ink}})
        figure.update_xaxes(axis).update_yaxes(axis)
    if on_pick is None:
        st.plotly_chart(figure, config=STILL, key=key, alt=alt)
        return

    def pick() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points:  # a second click on the same point takes the selection back
            on_pick(points[0])

    st.plotly_chart(figure, config=STILL, key=key, alt=alt, on_select=pick, selection_mode="points")


def background() -> str | None:
    """The page's background, "#rrggbb", where the browser has said which theme it shows."""
    return _theme_colour("backgroundColor")


def _theme_colour(name: str) -> str | None:
    theme = st.context.theme.type
    return st.get_option(f"theme.{theme}.{name}") if theme in ("light", "dark") else None
