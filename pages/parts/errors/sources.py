"""Whose predictions the Errors page shows: a run on FER2013, or the embedded run on synthetic faces.

The synthetic faces are there on every machine, so that the page can be seen at work without FER2013. They are
drawn again when they are first looked at; nothing of a data set is stored.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st

from fer_core.datasets import PRIVATE_TEST, PUBLIC_TEST, TRAINING, draw_table
from fer_core.evaluation.error_analysis import SplitPredictions, find_label_errors
from fer_core.evaluation.metrics import Evaluation
from fer_core.experiments.runs import Run, drawn_run
from pages.parts import state
from pages.parts.choices import choose
from pages.parts.connect import Data, connect_data
from pages.parts.errors.gallery import FACE, Faces, to_first_page
from pages.parts.errors.training_images import predict_training
from pages.parts.readers import last_change, pick_run

FER2013, DRAWN = "FER2013", "Synthetic faces"  # these words also stand in the URL
SOURCE, WITHOUT = "data", "without FER2013"


def pick_source(data: Data | None) -> Run:
    """The run whose images are shown: the synthetic faces' where they are chosen, else the one beside the
    heading.

    Without FER2013 the page begins with the synthetic faces, unless it was asked for a run.
    """
    drawn = drawn_run()
    if drawn is None:  # the package alone was installed, without its models/
        return pick_run(baselines=True)
    asked = data is not None or state.get(state.RUN) is not None
    if data is None:
        st.session_state[WITHOUT] = True
    elif st.session_state.pop(WITHOUT, False):  # it has just been connected, to be seen
        st.session_state[SOURCE] = FER2013
        _start_anew()
    default = FER2013 if asked else DRAWN
    chosen = choose("Data", (FER2013, DRAWN), key=SOURCE, default=default, on_change=_start_anew)
    return pick_run(baselines=True) if chosen == FER2013 else drawn


def _start_anew() -> None:
    """Rows and pages of one data set are none of the other's."""
    to_first_page()
    state.put(FACE, None)


def gather(run: Run, split: str, held: Data | None, *, doubts: bool) -> Faces:
    """The run's predictions, with the images and people's opinion where they are at hand.

    Args:
        run: from ``pick_source``.
        held: the connected copy of FER2013, or None.
        split: one of ``splits_of``.
        doubts: show the suggested labels in place of the predicted ones.
    """
    data, shown = _draw() if is_drawn() else (_fitting(run.evaluation(PRIVATE_TEST), held), None)
    if split == TRAINING and data is not None:
        evaluation = predict_training(run, data)
    else:
        evaluation = run.evaluation(PRIVATE_TEST if split == TRAINING else split)
    votes = None if data is None or data.votes is None else data.votes[evaluation.rows]
    predictions = SplitPredictions(evaluation, votes)
    key = "" if data is None else data.key
    suspected = _suspected(run.path, last_change(run.path), f"{evaluation.split} {key}", predictions)
    said = suspected if doubts else predictions.predicted
    return Faces(run, predictions, said, suspected, data, None if shown is None else shown[evaluation.rows])


def splits_of(run: Run, held: Data | None) -> tuple[str, ...]:
    """What can be shown of a run: the test splits, and Training where there are images and a network."""
    training = run.has_network and (is_drawn() or held is not None)
    return (PRIVATE_TEST, PUBLIC_TEST) + (TRAINING,) * training


def is_drawn() -> bool:
    """Whether the drawn faces are chosen."""
    return st.session_state.get(SOURCE) == DRAWN


def introduce(data: Data | None) -> None:
    """What the synthetic faces are; and without FER2013, how to connect it."""
    if is_drawn():
        st.caption(
            "Faces drawn by code, hard on purpose: expressions fade, and one label in twelve is wrong. They "
            "show what this page does; the results say nothing about real faces."
        )
    if data is None:
        connect_data(None)


@st.cache_resource(show_spinner="Drawing the faces")
def _draw() -> tuple[Data, npt.NDArray[np.uint8]]:
    """The synthetic faces, and what each was drawn to show."""
    table, shown = draw_table()
    return Data(table, DRAWN, None), shown


def _fitting(evaluation: Evaluation, data: Data | None) -> Data | None:
    """The connected copy of FER2013, where it is the one that the run was evaluated on."""
    if data is None or _fits(evaluation, data):
        return data
    st.info(
        "The connected copy of FER2013 is not the one that this run was evaluated on: its labels differ. "
        "So its images are not shown here.",
        icon=":material/database_off:",
    )
    return None


def _fits(evaluation: Evaluation, data: Data) -> bool:
    rows, labels = evaluation.rows, data.table.labels
    inside = not len(rows) or (rows.min() >= 0 and rows.max() < len(labels))
    return bool(inside and np.array_equal(labels[rows], evaluation.labels))


@st.cache_data(show_spinner=False, max_entries=8)
def _suspected(
    run_path: Path, changed: float, images: str, _answers: SplitPredictions
) -> npt.NDArray[np.int64]:
    return find_label_errors(_answers.labels, _answers.probabilities)
