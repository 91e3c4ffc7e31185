"""How a chart is put on a page, the same everywhere."""

from collections.abc import Callable
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from fer_core.charts import STILL, TO_ZOOM


def show_figure(
    figure: go.Figure,
    *,
    key: str,
    alt: str,
    on_pick: Callable[[dict[str, Any]], None] | None = None,
    on_unpick: Callable[[], None] | None = None,
    on_draw: Callable[[list[dict[str, Any]]], None] | None = None,
) -> None:
    """Show a chart in the page's theme.

    Streamlit's own Plotly theme writes in a gray of 3.7:1 on white; small text needs 4.5:1 (WCAG 2.2, 1.4.3),
    so text takes the page's text colour where the browser has said which theme it shows.

    Args:
        figure: from ``fer_core.charts``.
        key: unique on the page; it lets the chart change in place.
        alt: what the chart shows, for those who do not see it.
        on_pick: called with the point that the user clicked on, before the page runs again.
        on_unpick: called when a second click on that point takes the selection back.
        on_draw: called with the points inside a lasso or a box; it lets the user zoom, too.
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
        selection = st.session_state[key]["selection"]
        if on_draw and (selection["lasso"] or selection["box"] or not selection["points"]):
            on_draw(selection["points"])
        elif selection["points"]:
            on_pick(selection["points"][0])
        elif on_unpick:
            on_unpick()

    st.plotly_chart(
        figure,
        config=TO_ZOOM if on_draw else STILL,
        key=key,
        alt=alt,
        on_select=pick,
        selection_mode=("points", "lasso", "box") if on_draw else "points",
    )


def background() -> str | None:
    """The page's background, "#rrggbb", where the browser has said which theme it shows."""
    return _theme_colour("backgroundColor")


def _theme_colour(name: str) -> str | None:
    theme = st.context.theme.type
    return st.get_option(f"theme.{theme}.{name}") if theme in ("light", "dark") else None
