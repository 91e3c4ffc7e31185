"""What ``fer batch`` found in very many photos and videos: a folder of Parquet, looked at part by part."""

import streamlit as st

from fer_core.emotions import EMOTION_LABELS
from fer_core.formats import escape_markdown
from fer_core.inference.results import Filter, Summary
from pages.parts import state
from pages.parts.batch.charts import show_charts
from pages.parts.batch.faces import show_errors, show_key_frames, show_rows
from pages.parts.batch.reading import last_change, open_results, summarize
from pages.parts.choices import choose_percents
from pages.parts.doors import ROOTS, check_path, may_name_paths
from pages.parts.frame import page
from pages.parts.state import bound

COMMAND = "python -m fer_core batch photos/ films/ --out table"
FOLDER = "at"  # in the URL
ALL = "All folders"
MOST_FOLDERS = 200  # that can be chosen: those with the most faces


def main() -> None:
    """The page: which folder, the filters, charts, key frames, rows and errors."""
    if not may_name_paths():
        st.info(
            "This app is open to other computers, so no folder of this one can be named. Whoever runs it can "
            f"allow folders with the variable `{ROOTS}`.",
            icon=":material/lock:",
        )
        return
    text = _ask_folder()
    if not text.strip():
        _show_how()
        return
    folder = check_path(text)
    changed = last_change(folder)
    settings = open_results(folder, changed).settings
    everything = summarize(folder, changed, Filter())
    wanted = _choose_filter(everything)
    summary = everything if wanted == Filter() else summarize(folder, changed, wanted)
    _show_metrics(summary, settings)
    if summary.faces:
        show_charts(folder, changed, summary)
        show_key_frames(folder, changed, wanted, settings)
        show_rows(folder, changed, wanted, summary.faces)
    elif everything.all_faces:
        st.info("No face matches these filters.", icon=":material/search_off:")
    if everything.errors:
        show_errors(folder, changed, everything.errors)


def _ask_folder() -> str:
    """What is typed, at first what the URL says."""
    if FOLDER not in st.session_state:
        st.session_state[FOLDER] = state.get(FOLDER) or ""
    return st.text_input(
        "Folder that fer batch filled",
        key=FOLDER,
        placeholder="/home/you/table",
        on_change=lambda: state.put(FOLDER, st.session_state[FOLDER] or None),
    )


def _show_how() -> None:
    with st.container(border=True):
        st.markdown(
            "**This page shows a folder that `fer batch` filled.** This command predicts every photo and "
            "video in two folders, on all cores; where it was stopped, the same command goes on:"
        )
        st.code(COMMAND, language="bash", wrap_lines=True)


def _choose_filter(everything: Summary) -> Filter:
    """Which faces are shown; the URL holds it."""
    most = sorted(everything.folders, key=lambda name: -everything.folders[name].sum())[:MOST_FOLDERS]
    folders = [ALL, *sorted(most)]
    emotions, confidence, folder = st.columns(3, gap="large")
    with emotions:
        names = st.multiselect(
            "Emotions",
            EMOTION_LABELS,
            key=bound("emotions", [], options=EMOTION_LABELS),
            placeholder="All emotions",
        )
    with confidence:
        low, high = choose_percents("Confidence (%)", key="sure")
    with folder:
        chosen = st.selectbox("Photos and videos in", folders, key=bound("in", ALL, options=folders))
    return Filter(tuple(names), low / 100, high / 100, "" if chosen == ALL else chosen)


def _show_metrics(summary: Summary, settings: dict[str, object]) -> None:
    shown = summary.faces
    tiles = {
        "Photos and videos": f"{summary.files:,}",
        "Faces": f"{shown:,}" if shown == summary.all_faces else f"{shown:,} of {summary.all_faces:,}",
        "Without a face": f"{summary.without_face:,}",
        "Errors": f"{summary.errors:,}",
    }
    for column, (label, value) in zip(st.columns(len(tiles)), tiles.items(), strict=True):
        column.metric(label, value)
    if settings:
        run = escape_markdown(str(settings.get("run")))
        st.caption(
            f"Predicted by {run}, face threshold {settings.get('face_threshold')}; videos at "
            f"{settings.get('frames_per_second')} frames a second, where a face is counted once a frame."
        )


with page("Batch"):
    main()
