"""Two runs compared on the same images, and whether their accuracies differ significantly."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from fer_core import charts
from fer_core.datasets.dataset import PRIVATE_TEST
from fer_core.evaluation.metrics import Labels, Probabilities, accuracy, wilson_interval
from fer_core.evaluation.significance import FEW, SIGNIFICANT, Comparison, compare
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown, format_percent, format_points
from pages.parts.figures import show_figure
from pages.parts.formats import counted
from pages.parts.readers import all_runs
from pages.parts.state import bound


def show_comparison(run: Run, split: str, view: str, *, duplicates: bool) -> None:
    """Choose a second run (in the URL as ``against``); both accuracies, the 2 x 2 table, McNemar's test.

    Args:
        run: the first.
        split: "PublicTest" or "PrivateTest".
        view: "single" or "flip".
        duplicates: whether images with a duplicate count; the first run knows which have one.
    """
    others = {each.name: each for each in all_runs() if each.name != run.name}
    if not others:
        st.info(
            "There is only one finished run, so there is nothing to compare it with.",
            icon=":material/compare_arrows:",
        )
        return
    names = list(others)
    key = bound("against", names[0], options=names)
    name = st.selectbox("Compare with", names, key=key, width=320)
    first, second = run.evaluation(split), others[name].evaluation(split)
    this, that = escape_markdown(run.name), escape_markdown(name)
    if not (np.array_equal(first.rows, second.rows) and np.array_equal(first.labels, second.labels)):
        st.info(
            f"{this} and {that} cannot be compared: they were evaluated on different {split} images.",
            icon=":material/compare_arrows:",
        )
        return
    kept = duplicates | ~first.duplicates
    labels = first.labels[kept]
    predictions = {run.name: first.view(view)[kept], name: second.view(view)[kept]}
    result = compare(labels, *predictions.values())
    st.markdown(_verdict(result, this, that))
    left, right = st.columns(2, gap="large")
    with left:
        _show_accuracies(labels, predictions)
    with right:
        _show_counts(result, this, that)
    _show_method(result, split)


def _verdict(result: Comparison, first: str, second: str) -> str:
    """In words: which is more accurate, by how much, and whether that is significant."""
    if result.only_first == result.only_second:
        alone = counted(result.only_first, "image")
        return f"**Both are equally accurate**: each alone is correct on {alone}."
    better, worse, ends = first, second, result.difference_interval
    if result.difference < 0:
        better, worse, ends = second, first, (-ends[1], -ends[0])
    difference = format_points(abs(result.difference), *ends)
    p_value = f"p = {result.p_value:.3f}" if result.p_value >= 0.001 else "p < 0.001"
    significant = "significant" if result.is_significant else "not significant"
    return (
        f"**{better}** has a higher accuracy than **{worse}**: {better} minus {worse} is **{difference}**, "
        f"with its 95% CI. **The difference is {significant}** ({p_value})."
    )


def _show_accuracies(labels: Labels, predictions: Mapping[str, Probabilities]) -> None:
    results = {}
    for name, probabilities in predictions.items():
        share = accuracy(labels, probabilities)
        low, high = wilson_interval(round(share * len(labels)), len(labels))
        results[f"{name} {format_percent(share)}"] = (share, low, high)
    st.subheader("Accuracy")
    show_figure(charts.plot_comparison(results), key="two runs", alt="Accuracy: " + ", ".join(results))
    st.caption(
        "Bars: 95% CI (Wilson) of each run by itself. They may overlap although the difference is "
        "significant, because both runs find the same images hard; the paired test takes that into account."
    )


def _show_counts(result: Comparison, first: str, second: str) -> None:
    st.subheader("Contingency table")
    table = {
        "": [f"**{first} correct**", f"**{first} wrong**"],
        f"{second} correct": [f"{result.both:,}", f"{result.only_second:,}"],
        f"{second} wrong": [f"{result.only_first:,}", f"{result.neither:,}"],
    }
    st.table(table, border="horizontal", hide_index=True)


def _show_method(result: Comparison, split: str) -> None:
    alone = counted(result.only_first + result.only_second, "image")
    test = (
        f"the exact binomial test, for fewer than {FEW}"
        if result.exact
        else "chi-square with continuity correction (Edwards 1948)"
    )
    note = (
        f"McNemar's test (McNemar 1947) uses only the {alone} on which one run alone is correct: {test}. "
        f"Significant means p < {SIGNIFICANT}. The CI of the difference is Agresti and Min's (2005)."
    )
    if split == PRIVATE_TEST:
        note += " To select a model, compare on PublicTest: PrivateTest must select nothing."
    st.caption(note)
