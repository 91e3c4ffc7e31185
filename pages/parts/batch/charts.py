"""Charts of a batch: emotions, confidence, faces a photo, folders, and a video over time."""

import os
from pathlib import Path

import numpy as np
import streamlit as st

from fer_core.charts.batch import plot_folders, plot_histogram
from fer_core.charts.dataset import plot_class_counts
from fer_core.charts.video import plot_video_timeline
from fer_core.formats import escape_markdown
from fer_core.inference.results import BINS, MOST_FACES, Summary
from pages.parts.batch.reading import open_results
from pages.parts.figures import show_figure
from pages.parts.formats import counted
from pages.parts.state import bound

MOST_BARS = 20  # folders: those with the most faces
FACES = (*map(str, range(MOST_FACES + 1)), f"> {MOST_FACES}")


def show_charts(folder: Path, changed: float, summary: Summary) -> None:
    """All charts that these counts fill."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Emotions")
        show_figure(
            plot_class_counts(summary.emotions, unit="faces"), key="emotions chart", alt="Faces an emotion"
        )
    with right:
        st.subheader("Confidence")
        labels = [f"{100 * index // BINS}–{100 * (index + 1) // BINS} %" for index in range(BINS)]
        show_figure(
            plot_histogram(summary.confidences, labels, title="confidence", unit="faces", every=4),
            key="confidence chart",
            alt="Faces by the confidence of their prediction",
        )
    left, right = st.columns([2, 3], gap="large")
    with left:
        if summary.faces_per_photo.any():
            st.subheader("Faces in a photo")
            show_figure(
                plot_histogram(summary.faces_per_photo, FACES, title="faces", unit="photos"),
                key="faces chart",
                alt="Photos by the number of faces in them",
            )
    with right:
        _show_folders(summary)
    if summary.videos:
        _show_video(folder, changed, list(summary.videos))


def _show_folders(summary: Summary) -> None:
    """The folders with the most faces, by what is left of their names without what all share."""
    names = sorted(summary.folders, key=lambda name: -summary.folders[name].sum())[:MOST_BARS]
    shared = os.path.commonpath(list(summary.folders)) if len(summary.folders) > 1 else ""
    st.subheader("Emotions by folder")
    show_figure(
        plot_folders({_below(name, shared): summary.folders[name] for name in names}),
        key="folders chart",
        alt="Shares of the emotions in each folder: " + ", ".join(names),
    )
    if len(summary.folders) > MOST_BARS:
        st.caption(f"The {MOST_BARS} of {len(summary.folders):,} folders with the most faces.")


def _below(name: str, shared: str) -> str:
    return os.path.basename(name) if name == shared or not shared else os.path.relpath(name, shared)


def _show_video(folder: Path, changed: float, videos: list[str]) -> None:
    st.subheader("Emotions over time")
    video = st.selectbox("Video", videos, key=bound("video", videos[0], options=videos))
    seconds, shares = _video(folder, changed, video)
    if not len(seconds):
        return
    show_figure(
        plot_video_timeline(seconds, shares, until=float(np.max(seconds))),
        key="time chart",
        alt=f"Mean probability of each emotion over time in {video}",
    )
    st.caption(
        f"Mean of all faces in each of {counted(len(seconds), 'frame')} of "
        f"{escape_markdown(os.path.basename(video))}."
    )


@st.cache_data(show_spinner="Reading the video's rows", max_entries=8)
def _video(folder: Path, changed: float, path: str) -> tuple[np.ndarray, np.ndarray]:
    return open_results(folder, changed).video(path)
