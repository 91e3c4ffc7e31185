"""How the network learnt: its curves, where they part, and what it was asked to do."""

import plotly.graph_objects as go
import streamlit as st

from fer_core import charts
from fer_core.curves import best_epoch, generalisation_gap, widening_epoch
from fer_core.formats import format_percent, format_seconds
from fer_core.runs import Run
from pages.parts import formats
from pages.parts.figures import show_figure
from pages.parts.frame import page
from pages.parts.provenance import show_augmentation, show_provenance, show_recipe
from pages.parts.readers import all_networks, pick_run
from pages.parts.tiles import Tile, show_tiles


def main() -> None:
    """The page: five numbers, the curves, then the recipe and where the run comes from."""
    run = pick_run()
    if best_epoch(run.history) is None:
        st.info(f"The run {run.name!r} has no finished epoch, so there are no curves.")
        st.stop()
    _show_numbers(run)
    _show_curves([run, *_pick_others(run)])
    left, right = st.columns(2, gap="large")
    with left:
        show_recipe(run.recipe)
    with right:
        show_augmentation(run.recipe)
        show_provenance(run)


def _show_numbers(run: Run) -> None:
    history = run.history
    best, widens = best_epoch(history), widening_epoch(history)
    at = history["epoch"].index(best)
    show_tiles(
        Tile(
            "Best epoch",
            f"{best} of {len(history['epoch'])}",
            "The epoch of the highest validation accuracy; its weights were kept.",
        ),
        Tile(
            "Validation",
            format_percent(history["val_accuracy"][at]),
            "Validation accuracy at the best epoch: on PublicTest, which is never trained on.",
        ),
        Tile(
            "Gap",
            formats.points(generalisation_gap(history)[at]),
            "Training accuracy minus validation accuracy at the best epoch.",
        ),
        Tile(
            "It widens from",
            f"epoch {widens}" if widens else "no epoch",
            "From here on the network gains more on the faces it learns from than on others.",
        ),
        Tile("Took", format_seconds(sum(history["seconds"])), "Training alone, on the machine named below."),
    )


def _pick_others(run: Run) -> list[Run]:
    """Further runs to lay over this one; the choice is kept in the URL as ``compare``."""
    others = {each.name: each for each in all_networks() if each.name != run.name}
    if not others:
        return []
    chosen = st.multiselect(
        "Lay other runs over it", list(others), key="compare", bind="query-params", placeholder="None"
    )
    return [others[name] for name in chosen]


def _show_curves(runs: list[Run]) -> None:
    histories = {run.name: run.history for run in runs}
    if len(runs) > 1:
        st.caption("Full lines: validation. Dotted: training. The mark is a run's best epoch.")
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Accuracy")
        _show(charts.plot_history(histories, "accuracy"), "Training and validation accuracy by epoch.")
    with right:
        st.subheader("Loss")
        _show(charts.plot_history(histories, "loss"), "Training and validation loss by epoch.")
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Generalisation gap")
        _show(charts.plot_gap(histories), "Training minus validation accuracy by epoch.")
        st.caption(
            "Training accuracy minus validation accuracy. Training faces are augmented and dropout is on, so "
            "it may start below zero. A line that is flat at first and then rises is fitted to it: it widens "
            "from where that line breaks."
        )
    with right:
        st.subheader("Learning rate")
        _show(charts.plot_learning_rate(histories), "Learning rate by epoch.")


def _show(figure: go.Figure, alt: str) -> None:
    show_figure(figure, key=alt, alt=alt)


with page("Training"):
    main()
