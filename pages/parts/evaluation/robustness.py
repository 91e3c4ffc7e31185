"""Accuracy on degraded images, of one run or of several."""

from collections.abc import Sequence
from typing import Any

import streamlit as st

from fer_core.evaluation.robustness import Robustness
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown, format_percent

PERCENT = st.column_config.NumberColumn(format="%.1f %%")
SEVERITIES = range(1, 6)


def show_robustness(run: Run) -> None:
    """The table of a run: a row a corruption, a column a severity."""
    found = run.robustness
    if found is None:
        if not run.has_network:
            st.info("Baselines store predictions only, so they cannot be measured on other images.")
            return
        st.markdown("Robustness was not measured for this run yet. This command does:")
        st.code(f"fer robustness {run.name} --data PATH", language="bash")
        return
    st.markdown(
        f"Mean accuracy on degraded images: **{format_percent(found.mean)}**, and "
        f"**{format_percent(found.clean_accuracy)}** on the same {found.count:,} {found.split} images as "
        "they are (single view)."
    )
    table: dict[str, list[Any]] = {"corruption": list(found.correct), "levels": _levels(found)}
    for severity in SEVERITIES:
        table[f"severity {severity}"] = [100 * found.accuracies(name)[severity - 1] for name in found.correct]
    table["mean"] = [100 * mean for mean in found.means.values()]
    settings = {name: PERCENT for name in table if name not in ("corruption", "levels")}
    st.dataframe(table, hide_index=True, column_config=settings, height="content", key="robustness")
    half = max(
        (high - low) / 2
        for name in found.correct
        for low, high in (found.interval(name, severity) for severity in SEVERITIES)
    )
    st.caption(
        "In the spirit of ImageNet-C (Hendrycks and Dietterich 2019). Each accuracy has a 95% CI of at most "
        f"± {100 * half:.1f} points. Faces are degraded after cropping; detection is not measured."
    )


def show_robustness_of(runs: Sequence[Run]) -> None:
    """The means of several runs: a row a corruption, a column a run; those without are named."""
    found = {run.name: run.robustness for run in runs}
    known = {name: each for name, each in found.items() if each is not None}
    if not known:
        return
    st.subheader("Robustness")
    corruptions = list(dict.fromkeys(name for each in known.values() for name in each.correct))
    rows = ["images as they are", *corruptions, "mean of all corruptions"]
    table: dict[str, list[Any]] = {"mean accuracy": rows}
    for name, each in known.items():
        means = [each.means.get(corruption) for corruption in corruptions]
        shares = [each.clean_accuracy, *means, each.mean]
        table[name] = [None if share is None else 100 * share for share in shares]
    settings = dict.fromkeys(known, PERCENT)
    st.dataframe(
        table,
        hide_index=True,
        column_config=settings,
        height="content",
        key="robustness of runs",
        placeholder="–",
    )
    missing = [escape_markdown(name) for name in found if name not in known]
    note = "PublicTest images degraded by code, single view; each row is the mean over five severities."
    st.caption(note + (f" Not measured: {', '.join(missing)}." if missing else ""))


def _levels(found: Robustness) -> list[str]:
    return [f"{levels[0]} to {levels[-1]}" for levels in found.levels.values()]
