"""A run's predictions on Training, which it does not store: made from the connected images when asked."""

from pathlib import Path

import numpy as np
import streamlit as st

from fer_core.datasets.dataset import TRAINING, Dataset
from fer_core.evaluation.metrics import Evaluation
from fer_core.experiments.runs import Run
from pages.parts.connect import Data
from pages.parts.readers import last_change

AT_ONCE = 5000  # images: seconds for a small network
ASKED = "predict Training"  # in the session: the run and the data for which it was asked


def predict_training(run: Run, data: Data) -> Evaluation:
    """The predictions on every Training image; where there are many, a button asks first.

    A test-time average is not computed: both views are the single one.
    """
    dataset = data.table.dataset(TRAINING)
    st.caption(
        "The run was trained on these images: its accuracy here is optimistic, and a label error that it has "
        "memorised is not found. Labels that are corrected here are what `fer train --labels` learns from."
    )
    asked = (str(run.path), data.key)
    if len(dataset) > AT_ONCE and st.session_state.get(ASKED) != asked:
        st.markdown("A run stores no predictions on Training. Making them takes a minute or more, once.")
        if not st.button(f"Predict {len(dataset):,} images", icon=":material/play_arrow:"):
            st.stop()
        st.session_state[ASKED] = asked
    with st.spinner(f"Predicting {len(dataset):,} images", show_time=True):
        return _predict(run.path, last_change(run.path), data.key, run, dataset)


@st.cache_data(show_spinner=False, max_entries=2)
def _predict(run_path: Path, changed: float, key: str, _run: Run, _dataset: Dataset) -> Evaluation:
    from pages.parts.reading import load_recognizer  # OpenCV and LiteRT load here

    probabilities = load_recognizer(_run).predict_crops(_dataset.images)
    none = np.zeros(len(_dataset), bool)
    return Evaluation(TRAINING, _dataset.rows, _dataset.labels, probabilities, probabilities, none)
