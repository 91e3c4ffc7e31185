"""Every run in a table: sorted by a click on a column's head, compared by a tick."""

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from fer_core.emotions import EMOTION_LABELS
from fer_core.experiments.overview import Overview, describe_run, write_csv
from fer_core.experiments.runs import Run
from pages.parts import formats
from pages.parts.evaluation.scope import Scope
from pages.parts.state import bound

COMPARE, TABLE = "compare", "runs table"  # the chosen names, also in the URL; the table's ticks
PERCENT = "%.1f %%"


def show_runs(runs: Sequence[Run], scope: Scope) -> list[Run]:
    """Draw the table, and what follows from it; returns the runs that are ticked, in the table's order."""
    st.header("Runs")
    rows = [describe_run(run, scope.split, scope.view, scope.subset) for run in runs]
    names = [run.name for run in runs]
    chosen = _chosen(names)
    ticked = {"rows": [names.index(name) for name in chosen], "columns": [], "cells": []}
    st.session_state[TABLE] = {"selection": ticked}
    st.dataframe(
        _columns(rows),
        hide_index=True,
        column_config=_settings(),
        height="content",
        key=TABLE,
        on_select=lambda: _tick(names),
        selection_mode="multi-row",
        placeholder="–",
        alt="Each run's accuracy and further metrics; the same numbers are in the CSV below.",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.multiselect(
            "Compare",
            names,
            key=COMPARE,
            placeholder="Tick two or more runs in the table, or choose them here",
            width=520,
        )
        st.download_button(
            "Runs as CSV",
            lambda: write_csv(rows, scope.split, scope.view, scope.subset),
            f"runs-{scope.split}.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
        )
    return [run for run in runs if run.name in chosen]


def _chosen(names: Sequence[str]) -> list[str]:
    """The names to compare, of those that are there; the box below the table holds them."""
    key = bound(COMPARE, [], options=names)
    return [name for name in st.session_state[key] if name in names]


def _tick(names: Sequence[str]) -> None:
    """What was ticked in the table is what the box below it holds."""
    rows = sorted(st.session_state[TABLE]["selection"]["rows"])
    st.session_state[COMPARE] = [names[row] for row in rows]


def _columns(rows: Sequence[Overview]) -> dict[str, list[Any]]:
    scores = [row.scores for row in rows]
    table: dict[str, list[Any]] = {
        "run": [row.name for row in rows],
        "accuracy": [100 * each["accuracy"] for each in scores],
        "95% CI": [formats.interval(each) for each in scores],
        "without duplicates": [
            None if row.twin_free is None else 100 * row.twin_free["accuracy"] for row in rows
        ],
        "macro-F1": [100 * each["macro_f1"] for each in scores],
        "ECE": [100 * each["ece"] for each in scores],
        "robustness": [None if row.robustness is None else 100 * row.robustness for row in rows],
    }
    for index, label in enumerate(EMOTION_LABELS):
        table[f"recall {label}"] = [
            100 * each["recall"][index] if each["support"][index] else None for each in scores
        ]
    return table | {
        "parameters": [row.parameters for row in rows],
        "million MACs": [None if row.macs is None else row.macs / 1e6 for row in rows],
        "training data": [row.seen for row in rows],
    }


def _settings() -> Mapping[str, Any]:
    """How each column is written, and what it is."""
    percents = {
        "accuracy": "The share of correct predictions, on the images chosen above.",
        "without duplicates": "Accuracy on the images without a duplicate in an earlier split.",
        "macro-F1": "Mean F1 score of the classes in the data.",
        "ECE": "Expected calibration error: the mean difference of confidence and accuracy. 0 is best.",
        "robustness": "Mean accuracy on PublicTest images that are degraded by code, single view; "
        "`fer robustness RUN --data PATH` measures it.",
    } | {
        f"recall {label}": f"The share of {label} images that are predicted correctly."
        for label in EMOTION_LABELS
    }
    settings: dict[str, Any] = {
        name: st.column_config.NumberColumn(name, format=PERCENT, help=help)
        for name, help in percents.items()
    }
    return settings | {
        "run": st.column_config.TextColumn("run", pinned=True),
        "95% CI": st.column_config.TextColumn("95% CI", help="Of the accuracy (Wilson)."),
        "parameters": st.column_config.NumberColumn("parameters", format="localized"),
        "million MACs": st.column_config.NumberColumn(
            "million MACs", format="%.0f", help="Multiply-accumulate operations per image."
        ),
        "training data": st.column_config.TextColumn(
            "training data",
            help="The images that the training has seen, and the networks that it learnt from.",
        ),
    }
