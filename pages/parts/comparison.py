"""Two runs side by side on the same faces: who is right where, and whether the difference is real."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from fer_core import charts
from fer_core.comparison import FEW, SIGNIFICANT, Comparison, compare
from fer_core.datasets.dataset import PRIVATE_TEST
from fer_core.formats import format_percent
from fer_core.metrics import Labels, Probabilities, accuracy, wilson_interval
from fer_core.runs import Run
from pages.parts.figures import show_figure
from pages.parts.formats import counted, points
from pages.parts.readers import all_runs


def show_comparison(run: Run, split: str, view: str, *, twins: bool) -> None:
    """Choose a second run (in the URL as ``against``); both accuracies, the 2 x 2 table, McNemar's test.

    Args:
        run: the first.
        split: "PublicTest" or "PrivateTest".
        view: "single" or "flip".
        twins: whether faces with a twin count; the first run knows which have one.
    """
    others = {each.name: each for each in all_runs() if each.name != run.name}
    if not others:
        st.info(
            "There is only one finished run. Train a second one, and both can be compared here.",
            icon=":material/compare_arrows:",
        )
        return
    name = st.selectbox("Compare with", list(others), key="against", bind="query-params", width=320)
    first, second = run.evaluation(split), others[name].evaluation(split)
    if not (np.array_equal(first.rows, second.rows) and np.array_equal(first.labels, second.labels)):
        st.info(
            f"{run.name} and {name} cannot be compared: they were tested on different {split} faces.",
            icon=":material/compare_arrows:",
        )
        return
    kept = twins | ~first.twins
    labels = first.labels[kept]
    answers = {run.name: first.view(view)[kept], name: second.view(view)[kept]}
    result = compare(labels, *answers.values())
    st.markdown(_verdict(result, run.name, name))
    left, right = st.columns(2, gap="large")
    with left:
        _show_accuracies(labels, answers)
    with right:
        _show_counts(result, run.name, name)
    _show_method(result, split)


def _verdict(result: Comparison, first: str, second: str) -> str:
    """In words: who is better, by how much, and whether chance could have done it."""
    low, high = (points(end) for end in result.difference_interval)
    low = low.removesuffix(" points")
    chance = f"p = {result.p_value:.3f}" if result.p_value >= 0.001 else "p < 0.001"
    if result.only_first == result.only_second:
        return f"**Neither is better**: each alone is right on {counted(result.only_first, 'face')}."
    better, worse = (first, second) if result.difference > 0 else (second, first)
    sentence = (
        f"**{better}** is right more often than **{worse}**: {first} minus {second} is "
        f"**{points(result.difference)}** (95% interval {low} to {high}). "
    )
    if result.is_real:
        return f"{sentence}**The difference is real**: chance alone would rarely do this ({chance})."
    return f"{sentence}**It may be chance**: two equally good networks often differ so ({chance})."


def _show_accuracies(labels: Labels, answers: Mapping[str, Probabilities]) -> None:
    results = {}
    for name, probabilities in answers.items():
        share = accuracy(labels, probabilities)
        low, high = wilson_interval(round(share * len(labels)), len(labels))
        results[f"{name} {format_percent(share)}"] = (share, low, high)
    st.subheader("Accuracy")
    show_figure(charts.plot_comparison(results), key="two runs", alt="Accuracy: " + ", ".join(results))
    st.caption(
        "Bars: 95% intervals (Wilson), each run by itself. They may overlap though the difference is real, "
        "because both runs find the same faces hard; the test on the right takes that into account."
    )


def _show_counts(result: Comparison, first: str, second: str) -> None:
    st.subheader("Who is right")
    table = {
        "": [f"**{first} right**", f"**{first} wrong**"],
        f"{second} right": [f"{result.both:,}", f"{result.only_second:,}"],
        f"{second} wrong": [f"{result.only_first:,}", f"{result.neither:,}"],
    }
    st.table(table, border="horizontal", hide_index=True)


def _show_method(result: Comparison, split: str) -> None:
    alone = counted(result.only_first + result.only_second, "face")
    test = (
        f"the exact binomial test, for fewer than {FEW}"
        if result.exact
        else "chi-square with continuity correction (Edwards 1948)"
    )
    note = (
        f"McNemar's test (McNemar 1947) looks only at the {alone} that one run alone reads rightly: {test}. "
        f"“Real” means p < {SIGNIFICANT}. The difference's interval is Agresti and Min's (2005)."
    )
    if split == PRIVATE_TEST:
        note += " To choose between runs, look at PublicTest: PrivateTest must choose nothing."
    st.caption(note)
