"""How a run was trained, or is being trained: learning curves, best epoch, config, model summary."""

from collections.abc import Mapping, Sequence
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from fer_core import charts
from fer_core.evaluation.learning_curves import History, best_epoch, generalisation_gap, overfitting_epoch
from fer_core.experiments.monitor import RunningTraining, list_running
from fer_core.experiments.runs import DISTILLATION_LOSS, Run
from fer_core.formats import escape_markdown, format_list, format_percent, format_points, format_seconds
from pages.parts.figures import show_figure
from pages.parts.frame import page
from pages.parts.metrics_row import Tile, show_tiles
from pages.parts.readers import all_networks, choose_run, pick_run
from pages.parts.state import bound
from pages.parts.training.recipe import show_augmentation, show_provenance, show_recipe
from pages.parts.training.summary import show_network

REFRESH_SECONDS = 5  # how often a training is looked at; an epoch takes longer
PATIENT_SECONDS = 60  # and one that has been silent for long, which may be slow, or resumed
MONITORED = {
    "val_accuracy": "The epoch of the highest validation accuracy",
    "val_loss": "The epoch of the lowest validation loss",
    "epoch": "The last epoch",
}
WATCHED = "watched"  # the runs in training that the page last showed


def main() -> None:
    """The page: metrics, learning curves, then the recipe, the provenance, and the model summary."""
    training = list_running()
    if training and not all_networks():
        _show_first(training)
        st.session_state[WATCHED] = [each.name for each in training]
        return
    _turn_to_finished(training)
    run = pick_run()
    _show_numbers(run)
    with st.container(horizontal=True, gap="large"):
        smoothing = _pick_smoothing()
        others = _pick_others(run, training)
    st.session_state[WATCHED] = [each.name for each in training if each.name in others]
    finished = {each.name: each.history for each in all_networks() if each.name in (run.name, *others)}
    finished = {run.name: finished.pop(run.name)} | finished
    _follow(finished, training, [name for name in others if name not in finished], smoothing)
    if run.recipe.teachers:
        st.caption(_describe_distillation(run))
    left, right = st.columns(2, gap="large")
    with left:
        show_recipe(run.recipe)
    with right:
        show_augmentation(run.recipe)
        show_provenance(run)
    show_network(run)


def _describe_distillation(run: Run) -> str:
    distilled = (
        f"{escape_markdown(run.name)} is distilled from {escape_markdown(format_list(run.recipe.teachers))}"
    )
    if DISTILLATION_LOSS in run.history:
        return f"{distilled}. Distillation loss: the cross-entropy of their softened predictions."
    return (
        f"{distilled}: its training loss includes the distance to their predictions, so it is not comparable "
        "with the validation loss, the cross-entropy of the labels alone."
    )


def _turn_to_finished(training: Sequence[RunningTraining]) -> None:
    """Show the run that was watched while it trained and is finished now, over the one that was shown."""
    under_way = [each.name for each in training]
    networks = [each.name for each in all_networks()]
    watched = st.session_state.get(WATCHED, [])
    finished = [name for name in watched if name in networks and name not in under_way]
    if finished:
        shown = [st.session_state.get("run"), *st.session_state.get("compare", [])]
        choose_run(finished[0])
        others = [name for name in (*networks, *under_way) if name in shown and name != finished[0]]
        st.session_state["compare"] = others


def _show_first(training: Sequence[RunningTraining]) -> None:
    """The page while the very first run is training."""
    st.markdown("No run has finished yet. These are in progress:")
    smoothing = _pick_smoothing()
    _follow({}, training, [each.name for each in training], smoothing)
    left, right = st.columns(2, gap="large")
    with left:
        show_recipe(training[0].recipe)
    with right:
        show_augmentation(training[0].recipe)


def _show_numbers(run: Run) -> None:
    history = run.history
    best, overfits = best_epoch(history, run.recipe.monitor), overfitting_epoch(history)
    assert best is not None  # a finished network has an epoch
    at = history["epoch"].index(best)
    show_tiles(
        Tile(
            "Best epoch",
            f"{best} of {len(history['epoch'])}",
            f"{MONITORED[run.recipe.monitor]}; its weights are the run's.",
        ),
        Tile(
            "Validation accuracy",
            format_percent(history["val_accuracy"][at]),
            "At the best epoch, on PublicTest, which is never trained on.",
        ),
        Tile(
            "Generalisation gap",
            format_points(generalisation_gap(history)[at]),
            "Training accuracy minus validation accuracy at the best epoch.",
        ),
        Tile(
            "Overfitting from",
            f"epoch {overfits}" if overfits else "–",
            "The first epoch after the lowest validation loss, if training accuracy still rises from there.",
        ),
        Tile("Training time", format_seconds(sum(history["seconds"])), "On the machine named below."),
    )


def _pick_smoothing() -> float:
    """How much of what came before each epoch keeps; kept in the URL as ``smoothing``."""
    return st.slider(
        "Smoothing",
        0.0,
        0.95,
        step=0.05,
        key=bound("smoothing", 0.0, between=(0.0, 0.95)),
        width=260,
        help="Weight of the exponential moving average; the measured values stay visible, faint. "
        "0 is no smoothing.",
    )


def _pick_others(run: Run, training: Sequence[RunningTraining]) -> list[str]:
    """Runs to compare this one with, at first those in training; kept in the URL as ``compare``."""
    under_way = [each.name for each in training]
    names = [each.name for each in all_networks() if each.name != run.name]
    names += [name for name in under_way if name not in (run.name, *names)]
    if not names:
        return []
    return st.multiselect(
        "Compare with",
        names,
        key=bound("compare", [name for name in names if name in under_way], options=names),
        placeholder="None",
        width="stretch",
    )


def _follow(
    finished: Mapping[str, History],
    training: Sequence[RunningTraining],
    shown: Sequence[str],
    smoothing: float,
) -> None:
    """Progress and curves, drawn again every few seconds while a run is training, and only then.

    Args:
        finished: name -> history of the finished runs to draw.
        training: the unfinished runs when the page was drawn.
        shown: names of those to draw.
        smoothing: of the lines.
    """
    names = [each.name for each in training]

    def draw() -> None:
        now = list_running()
        if [each.name for each in now] != names:
            st.rerun()  # one has begun or ended, which changes more than the curves
        for each in now:
            _show_progress(each)
        histories = {each.name: each.history for each in now if each.name in shown}
        everyone: list[Run | RunningTraining] = [*all_networks(), *now]
        monitors = {each.name: each.recipe.monitor for each in everyone}
        _show_curves({**finished, **histories}, monitors, smoothing)

    pause = PATIENT_SECONDS if all(each.stopped for each in training) else REFRESH_SECONDS
    st.fragment(draw, run_every=pause if training else None)()


def _show_progress(each: RunningTraining) -> None:
    """One line and a bar: how far a training is."""
    epochs = each.recipe.epochs
    so_far = f"**{escape_markdown(each.name)}**: epoch {each.done} of {epochs}"
    best = best_epoch(each.history, each.recipe.monitor)
    if best is not None:
        share = format_percent(each.history["val_accuracy"][list(each.history["epoch"]).index(best)])
        so_far += f", best so far {share} of PublicTest (epoch {best})"
    if each.stopped:
        state = "It has stopped; `--resume` goes on from there."
    elif each.seconds_left is None:
        state = "It is training; its first epoch is not over yet."
    elif each.done >= epochs:
        state = "Its last epoch is over; it is being tested and saved."
    else:
        most = "at most " if each.recipe.patience else ""
        state = f"It is training, about {most}{format_seconds(each.seconds_left)} left."
    st.progress(min(1.0, each.done / epochs), text=f"{so_far}. {state}")


def _show_curves(histories: Mapping[str, History], monitors: Mapping[str, str], smoothing: float) -> None:
    if len(histories) > 1:
        st.caption("Solid lines: validation. Dotted: training. Marker: best epoch.")
    how: dict[str, Any] = {"monitors": monitors, "smoothing": smoothing}
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Accuracy")
        figure = charts.plot_history(histories, "accuracy", **how)
        _show(figure, "Training and validation accuracy by epoch.")
    with right:
        st.subheader("Loss")
        figure = charts.plot_history(histories, "loss", **how)
        _show(figure, "Training and validation loss by epoch.")
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Generalisation gap")
        _show(charts.plot_gap(histories, smoothing=smoothing), "Training minus validation accuracy by epoch.")
        st.caption(
            "Training accuracy minus validation accuracy. Training images are augmented and dropout is on, "
            "so it may start below zero. A dashed line marks the epoch from which a run overfits: its "
            "validation loss stays above its minimum, while its training accuracy keeps rising."
        )
    with right:
        st.subheader("Learning rate")
        _show(charts.plot_column(histories, "learning_rate"), "Learning rate by epoch.")
        distilled = {name: history for name, history in histories.items() if DISTILLATION_LOSS in history}
        if distilled:
            st.subheader("Distillation loss")
            _show(charts.plot_column(distilled, DISTILLATION_LOSS), "Distillation loss by epoch.")


def _show(figure: go.Figure, alt: str) -> None:
    show_figure(figure, key=alt, alt=alt)


with page("Training"):
    main()
