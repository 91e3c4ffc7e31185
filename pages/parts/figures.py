"""How a chart is put on a page, the same everywhere."""

import plotly.graph_objects as go
import streamlit as st

from fer_core.charts import STILL


def show_figure(figure: go.Figure, *, key: str, alt: str) -> None:
    """Show a chart in the page's theme.

    Streamlit's own Plotly theme writes in a gray of 3.7:1 on white; small text needs 4.5:1 (WCAG 2.2, 1.4.3),
    so text takes the page's text colour where the browser has said which theme it shows.

    Args:
        figure: from ``fer_core.charts``.
        key: unique on the page; it lets the chart change in place.
        alt: what the chart shows, for those who do not see it.
    """
    theme = st.context.theme.type
    if theme in ("light", "dark"):
        ink = st.get_option(f"theme.{theme}.textColor")
        axis = {"tickfont": {"color": ink}, "title": {"font": {"color": ink}}}
        figure.update_layout(font={"color": ink}, legend={"font": {"color": ink}})
        figure.update_xaxes(axis).update_yaxes(axis)
    st.plotly_chart(figure, config=STILL, key=key, alt=alt)
