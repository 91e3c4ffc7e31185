"""A folder of parts, read once and kept until it changes."""

from pathlib import Path
from typing import Any

import streamlit as st

from fer_core.inference.results import Filter, Results, Summary

KEPT_SECONDS = 600


def last_change(folder: Path) -> float:
    """When a part came, went or got its name; 0 where there is no such folder."""
    try:
        return folder.stat().st_mtime
    except OSError:
        return 0.0


@st.cache_resource(show_spinner=False, max_entries=4, ttl=KEPT_SECONDS)
def open_results(folder: Path, changed: float) -> Results:
    """The opened folder; its rows stay on disk.

    Raises:
        DataError: if it is none that ``fer batch`` filled.
    """
    return Results(folder)


@st.cache_data(show_spinner="Counting", max_entries=32, ttl=KEPT_SECONDS)
def summarize(folder: Path, changed: float, wanted: Filter) -> Summary:
    """The counts of the faces that are meant."""
    return open_results(folder, changed).summarize(wanted)


@st.cache_data(show_spinner="Looking for key frames", max_entries=32, ttl=KEPT_SECONDS)
def most_confident(folder: Path, changed: float, wanted: Filter, count: int) -> list[dict[str, Any]]:
    """The rows with the highest confidence."""
    return open_results(folder, changed).most_confident(wanted, count)
