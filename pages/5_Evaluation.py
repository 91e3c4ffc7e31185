"""Evaluation of the runs on PrivateTest or PublicTest, from their stored predictions."""

import streamlit as st

from fer_core.experiments.measured import MeasuredRun
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown
from pages.parts.choices import choose
from pages.parts.evaluation.calibration import show_confidence, show_curves
from pages.parts.evaluation.compare import show_comparison
from pages.parts.evaluation.data import pick_data
from pages.parts.evaluation.matrix import show_matrix
from pages.parts.evaluation.one_run import show_classes, show_numbers, show_table, summarize
from pages.parts.evaluation.robustness import show_robustness
from pages.parts.evaluation.runs_table import show_runs
from pages.parts.evaluation.scope import Scope, choose_scope
from pages.parts.frame import page
from pages.parts.readers import all_runs, pick_run

TABLE, CALIBRATION, CURVES, ROBUSTNESS = "Table", "Calibration", "ROC and PR", "Robustness"
PARTS = (TABLE, CALIBRATION, CURVES, ROBUSTNESS)


def main() -> None:
    """The page: all runs, those of them that are compared, then the one that is chosen."""
    chosen = pick_run(baselines=True)
    runs = pick_data(all_runs(), chosen)
    run = next((each for each in runs if each.name == chosen.name), runs[0])
    scope = choose_scope(run)
    ticked = show_runs(runs, scope)
    if len(ticked) > 1:
        show_comparison(ticked, scope)
    _show_run(run, scope)


def _show_run(run: Run, scope: Scope) -> None:
    """Summary, confusion matrix, per-class metrics, then one further part."""
    st.header(f"Run {escape_markdown(run.name)}")
    scores = run.metrics[scope.split][scope.view]
    score = scores[scope.subset]
    st.markdown(summarize(score, scope))
    show_numbers(score, scores, scope)
    left, right = st.columns([3, 2], gap="large")
    with left:
        show_matrix(score, scope, leads_on=not isinstance(run, MeasuredRun))
    with right:
        show_classes(score)
    part = choose("More", PARTS, key="more")
    if part == TABLE:
        show_table(score)
        return
    if part == ROBUSTNESS:
        show_robustness(run)
        return
    if not score["count"]:
        st.info("Every image has a duplicate, so there is nothing left to show.")
        return
    evaluation = scope.evaluation(run)
    show = show_confidence if part == CALIBRATION else show_curves
    show(evaluation.labels, evaluation.view(scope.view))


with page("Evaluation"):
    main()
