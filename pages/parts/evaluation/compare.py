"""Runs compared on the same images: accuracies, McNemar's test of each pair, curves, confusion matrices."""

from collections.abc import Mapping, Sequence

import numpy as np
import streamlit as st

from fer_core import charts
from fer_core.datasets.dataset import PRIVATE_TEST
from fer_core.evaluation.metrics import Labels, Probabilities, accuracy, confusion_matrix, wilson_interval
from fer_core.evaluation.significance import FEW, SIGNIFICANT, Comparison, Pair, compare_pairs
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown, format_list, format_percent, format_points
from pages.parts.evaluation.robustness import show_robustness_of
from pages.parts.evaluation.run_curves import show_run_curves
from pages.parts.evaluation.scope import Scope
from pages.parts.figures import background, show_figure
from pages.parts.formats import counted
from pages.parts.state import bound

Predictions = Mapping[str, Probabilities]  # of the same images, by run
ROW_PX, AXIS_PX = 34, 60


def show_comparison(runs: Sequence[Run], scope: Scope) -> None:
    """All that compares two runs or more, over the images that they share."""
    st.header("Comparison")
    labels, predictions = _gather(runs, scope)
    if len(predictions) < 2 or not len(labels):
        return
    pairs = compare_pairs(labels, predictions)
    st.markdown(_describe(pairs))
    _show_accuracies(labels, predictions)
    _show_pairs(pairs, scope)
    left, right = st.columns(2, gap="large")
    with left:
        show_run_curves(labels, predictions)
    with right:
        _show_difference(labels, predictions)
    show_robustness_of([run for run in runs if run.name in predictions])


def _gather(runs: Sequence[Run], scope: Scope) -> tuple[Labels, Predictions]:
    """Labels and predictions of those runs that were evaluated on the images of the first; the others are
    named."""
    first = runs[0].evaluation(scope.split)
    kept = ~first.duplicates if scope.is_unique else np.ones(len(first.labels), bool)
    predictions, others = {}, []
    for run in runs:
        found = run.evaluation(scope.split)
        if np.array_equal(found.rows, first.rows) and np.array_equal(found.labels, first.labels):
            predictions[run.name] = found.view(scope.view)[kept]
        else:
            others.append(escape_markdown(run.name))
    if others:
        was = "was" if len(others) == 1 else "were"
        st.info(
            f"{format_list(others)} {was} evaluated on other {scope.split} images than "
            f"{escape_markdown(runs[0].name)}, so a comparison is not possible.",
            icon=":material/compare_arrows:",
        )
    return first.labels[kept], predictions


def _describe(pairs: Sequence[Pair]) -> str:
    """Of one pair the verdict, of several how many differ."""
    if len(pairs) == 1:
        return _verdict(
            pairs[0].comparison, escape_markdown(pairs[0].first), escape_markdown(pairs[0].second)
        )
    differing = sum(pair.is_significant for pair in pairs)
    return (
        f"**{differing} of {len(pairs)}** pairs of runs differ significantly in accuracy, "
        "after Holm's correction."
    )


def _verdict(result: Comparison, first: str, second: str) -> str:
    """In words: which is more accurate, by how much, and whether that is significant."""
    if result.only_first == result.only_second:
        alone = counted(result.only_first, "image")
        return f"**Both are equally accurate**: each alone is correct on {alone}."
    better, worse, ends = first, second, result.difference_interval
    if result.difference < 0:
        better, worse, ends = second, first, (-ends[1], -ends[0])
    difference = format_points(abs(result.difference), *ends)
    significant = "significant" if result.is_significant else "not significant"
    return (
        f"**{better}** has a higher accuracy than **{worse}**: {better} minus {worse} is **{difference}**, "
        f"with its 95% CI. **The difference is {significant}** (p {_write_p(result.p_value)})."
    )


def _write_p(value: float) -> str:
    return f"= {value:.3f}" if value >= 0.001 else "< 0.001"


def _show_accuracies(labels: Labels, predictions: Predictions) -> None:
    results = {}
    for name, probabilities in predictions.items():
        share = accuracy(labels, probabilities)
        low, high = wilson_interval(round(share * len(labels)), len(labels))
        results[f"{name} {format_percent(share)}"] = (share, low, high)
    st.subheader("Accuracy")
    show_figure(
        charts.plot_comparison(results, height=AXIS_PX + ROW_PX * len(results)),
        key="accuracies",
        alt="Accuracy: " + ", ".join(results),
    )
    st.caption(
        "Bars: 95% CI (Wilson) of each run by itself. They may overlap although a difference is "
        "significant, because all runs find the same images hard; the paired test takes that into account."
    )


def _show_pairs(pairs: Sequence[Pair], scope: Scope) -> None:
    st.subheader("McNemar's test of each pair")
    found = [pair.comparison for pair in pairs]
    table = {
        "first": [pair.first for pair in pairs],
        "second": [pair.second for pair in pairs],
        "first minus second, 95% CI": [
            format_points(each.difference, *each.difference_interval) for each in found
        ],
        "only first correct": [each.only_first for each in found],
        "only second correct": [each.only_second for each in found],
        "p": [_write_p(each.p_value).removeprefix("= ") for each in found],
        "p (Holm)": [_write_p(pair.adjusted_p_value).removeprefix("= ") for pair in pairs],
        "significant": ["yes" if pair.is_significant else "no" for pair in pairs],
    }
    st.dataframe(table, hide_index=True, height="content" if len(pairs) <= 10 else 390, key="pairs")
    st.caption(_method(pairs, scope.split))


def _method(pairs: Sequence[Pair], split: str) -> str:
    exact = sum(pair.comparison.exact for pair in pairs)
    test = "chi-square with continuity correction (Edwards 1948)"
    if exact:
        test = f"the exact binomial test, for fewer than {FEW}" + (
            f"; else {test}" if exact < len(pairs) else ""
        )
    note = (
        f"McNemar's test (McNemar 1947) uses only the images on which one run alone is correct: {test}. "
        f"Significant means p < {SIGNIFICANT}"
    )
    note += " after Holm's correction (Holm 1979) for as many tests. " if len(pairs) > 1 else ". "
    note += "The CI of a difference is Agresti and Min's (2005)."
    if split == PRIVATE_TEST:
        note += " To select a model, compare on PublicTest: PrivateTest must select nothing."
    return note


def _show_difference(labels: Labels, predictions: Predictions) -> None:
    st.subheader("Confusion matrix difference")
    names = list(predictions)
    with st.container(horizontal=True):
        first = st.selectbox("First", names, key=bound("first", names[0], options=names))
        second = st.selectbox("Second", names, key=bound("second", names[1], options=names))
    counts = [confusion_matrix(labels, predictions[name]) for name in (first, second)]
    show_figure(
        charts.plot_confusion_difference(*counts, background=background()),
        key="difference",
        alt=f"For each true and predicted label, the share of {first} minus that of {second}, in points.",
    )
    st.caption(
        f"The share of each true label's images that {escape_markdown(first)} predicts as an emotion, minus "
        f"{escape_markdown(second)}'s. On the diagonal, more is better; elsewhere, less is."
    )
