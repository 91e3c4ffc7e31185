"""A run's confusion matrix, whose cells lead to their images on the Errors page."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from fer_core import charts
from pages.parts.choices import choose
from pages.parts.evaluation.scope import Scope
from pages.parts.figures import background, show_figure
from pages.parts.frame import follow

CELLS = ("by row", "by column")  # these words also stand in the URL
CELLS_HELP = "By row: the diagonal is recall. By column: the diagonal is precision."
ASKED = "cell of the confusion matrix"


def show_matrix(score: Mapping[str, Any], scope: Scope, *, leads_on: bool = True) -> None:
    """Draw the matrix; a click on a cell opens Errors on its images, where Errors can show them."""
    st.subheader("Confusion matrix")
    cells = choose("Shares", CELLS, key="cells", help=CELLS_HELP)
    show_figure(
        charts.plot_confusion(
            score["confusion"], by="column" if cells == "by column" else "row", background=background()
        ),
        key="confusion",
        alt="Confusion matrix: rows are true labels, columns predicted labels. The table below gives each "
        "class's recall and precision, which are the diagonals by row and by column.",
        on_pick=_ask if leads_on else None,
    )
    if not leads_on:
        return
    only = " Errors shows the single view." if scope.view == "flip" else ""
    st.caption(f"Click a cell to see its images on the Errors page.{only}")
    _follow(scope)


def _ask(point: Mapping[str, Any]) -> None:
    st.session_state[ASKED] = (point["y"], point["x"])


def _follow(scope: Scope) -> None:
    """Go where a click asked to."""
    if ASKED not in st.session_state:
        return
    truth, predicted = st.session_state.pop(ASKED)
    asked = {"data": "FER2013", "split": scope.split, "true": truth, "predicted": predicted}
    asked |= {"duplicates": "no duplicates"} if scope.is_unique else {}
    follow("Errors", f"{truth} predicted as {predicted}", **asked)
