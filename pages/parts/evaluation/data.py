"""On which data runs are evaluated: their own, or other data, whose results are stored apart from theirs."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from fer_core.datasets import PRIVATE_TEST, Dataset, load_fer2013_splits
from fer_core.errors import DataError, FerError
from fer_core.experiments.measured import list_measured, measure_run
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown
from pages.parts.doors import check_path, is_public
from pages.parts.state import bound
from pages.parts.uploads import is_small_enough, is_upload, keep_upload

OWN, DATA = "FER2013", "data"  # the choice of the runs' own data; the key, also in the URL
LARGEST_MB = 500  # fer2013.csv has 301
SHOWN_NEXT = "data to show next"
FORMS = "FER2013 in any form, a folder of 48 x 48 images by emotion, or CK+, JAFFE, FERG-DB or RaFD"


def pick_data(runs: Sequence[Run], chosen: Run) -> Sequence[Run]:
    """Draw the choice of the data; returns the runs as they do on it.

    Args:
        runs: all of them.
        chosen: the one to evaluate on further data.
    """
    if SHOWN_NEXT in st.session_state:
        st.session_state[DATA] = st.session_state.pop(SHOWN_NEXT)
    measured = [each for run in runs if run.has_network for each in list_measured(run)]
    names = [OWN, *sorted({each.data for each in measured})]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = OWN
        if len(names) > 1:
            asked = st.selectbox("Data", names, key=bound(DATA, OWN, options=names), width=320)
        if not is_public() and chosen.has_network:
            with st.popover(
                f"Evaluate {escape_markdown(chosen.name)} on other data", icon=":material/database:"
            ):
                _offer(chosen)
    return list(runs) if asked == OWN else [each for each in measured if each.data == asked]


def _offer(run: Run) -> None:
    st.caption("The results are stored apart from the run's own, in `models/_measured/`; no image is kept.")
    with st.form("other data", border=False):
        text = st.text_input(FORMS, placeholder="/home/you/faces")
        file = st.file_uploader(
            "Or upload it as one file",
            ["csv", "gz", "zip", "npz", "parquet"],
            max_upload_size=LARGEST_MB,
            key="other data upload",
        )
        asked = st.form_submit_button("Evaluate", type="primary", icon=":material/play_arrow:")
    if not asked or (file is not None and not is_small_enough(file, LARGEST_MB)):
        return
    path = None
    try:
        path = keep_upload(file) if file is not None else _check(text)
        with st.spinner(f"Evaluating {escape_markdown(run.name)}", show_time=True):
            name = measure_run(run, _load(path), name=path.stem).save().path.name
    except FerError as error:
        words = str(error).replace(str(path), path.name) if path and is_upload(path) else error
        st.error(escape_markdown(words), icon=":material/database_off:")
        return
    st.session_state[SHOWN_NEXT] = name
    st.rerun()


def _check(text: str) -> Path:
    if not text.strip():
        raise DataError("A path is needed, for example /home/you/faces. Received: nothing.")
    return check_path(text)


def _load(path: Path) -> dict[str, Dataset]:
    """The splits of FER2013, or the whole of another set as a test set."""
    from fer_core.datasets.image_sets import load_image_set, recognise  # the readers load OpenCV

    if recognise(path) is None:
        return load_fer2013_splits(path, cache=not is_upload(path))
    return {PRIVATE_TEST: dataclasses.replace(load_image_set(str(path)).dataset(), split=PRIVATE_TEST)}
