"""Whose predictions the Errors page shows: a run on FER2013, or the embedded run on faces drawn by code.

The drawn faces are there on every machine, so that the page can be seen at work without FER2013. They are
drawn again when they are first looked at; nothing of a data set is stored.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st

from fer_core.datasets import draw_table
from fer_core.evaluation.error_analysis import SplitPredictions, find_label_errors
from fer_core.evaluation.metrics import Evaluation
from fer_core.experiments.runs import Run, drawn_run
from pages.parts.choices import choose
from pages.parts.connect import Data, connect_data, find_data
from pages.parts.errors.gallery import Faces, close_face
from pages.parts.readers import last_change, pick_run

FER2013, DRAWN = "FER2013", "Drawn faces"  # these words also stand in the URL
SOURCE = "data"


def pick_source() -> Run:
    """The run whose faces are shown: the drawn ones' where they are chosen, else the sidebar's."""
    drawn = drawn_run()
    if drawn is None:  # the package alone was installed, without its models/
        return pick_run(baselines=True)
    chosen = choose("Data", (FER2013, DRAWN), key=SOURCE, on_change=_start_anew)
    if chosen == FER2013:
        return pick_run(baselines=True)
    with st.sidebar:
        st.caption("The run on drawn faces, which comes with the app.")
    return drawn


def _start_anew() -> None:
    """Rows and pages of one data set are none of the other's."""
    st.session_state["page"] = 1
    close_face()


def _show_drawn() -> None:
    st.session_state[SOURCE] = DRAWN
    _start_anew()


def gather(run: Run, split: str, *, doubts: bool) -> Faces:
    """The run's predictions, with the faces and people's opinion where they are at hand.

    Args:
        run: from ``pick_source``.
        split: "PublicTest" or "PrivateTest".
        doubts: show the suggested labels in place of the predicted ones.
    """
    evaluation = run.evaluation(split)
    drawn = is_drawn()
    data, shown = _draw() if drawn else (_fitting(evaluation), None)
    votes = None if data is None or data.votes is None else data.votes[evaluation.rows]
    predictions = SplitPredictions(evaluation, votes)
    suspected = _suspected(run.path, last_change(run.path), split, predictions)
    said = suspected if doubts else predictions.predicted
    return Faces(run, predictions, said, suspected, data, None if shown is None else shown[evaluation.rows])


def is_drawn() -> bool:
    """Whether the drawn faces are chosen."""
    return st.session_state.get(SOURCE) == DRAWN


def introduce(faces: Faces) -> None:
    """What the drawn faces are; or, where FER2013 has no pictures here, the way to them."""
    if is_drawn():
        st.caption(
            "Faces drawn by code, hard on purpose: expressions fade, and one label in twelve is wrong. They "
            "show what this page does; the results say nothing about real faces."
        )
    elif faces.data is None and drawn_run() is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.caption("FER2013 is not connected. Connect it below, or:", width="content")
            st.button("Show drawn faces", on_click=_show_drawn, type="tertiary", icon=":material/draw:")


def connect() -> None:
    """Say what is connected, or how to connect FER2013."""
    data = find_data()
    connect_data(data)
    if data is not None and is_drawn():
        st.caption(f"Choose {FER2013} above to see its faces.")


@st.cache_resource(show_spinner="Drawing the faces")
def _draw() -> tuple[Data, npt.NDArray[np.uint8]]:
    """The drawn faces, and what each was drawn to show."""
    table, shown = draw_table()
    return Data(table, DRAWN, None), shown


def _fitting(evaluation: Evaluation) -> Data | None:
    """The connected copy of FER2013, where it is the one that the run was evaluated on."""
    data = find_data()
    if data is None or _fits(evaluation, data):
        return data
    st.info(
        "The connected copy of FER2013 is not the one that this run was evaluated on: its labels differ. "
        "So its faces are not shown here.",
        icon=":material/database_off:",
    )
    return None


def _fits(evaluation: Evaluation, data: Data) -> bool:
    rows, labels = evaluation.rows, data.table.labels
    inside = not len(rows) or (rows.min() >= 0 and rows.max() < len(labels))
    return bool(inside and np.array_equal(labels[rows], evaluation.labels))


@st.cache_data(show_spinner=False, max_entries=8)
def _suspected(
    run_path: Path, changed: float, split: str, _answers: SplitPredictions
) -> npt.NDArray[np.int64]:
    return find_label_errors(_answers.labels, _answers.probabilities)
