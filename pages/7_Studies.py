"""The paper's comparisons, repeated: verdicts, a chart, a table, all from stored results."""

from pathlib import Path

import streamlit as st

from fer_core import charts
from fer_core.charts.studies import plot_differences
from fer_core.datasets.dataset import PRIVATE_TEST
from fer_core.emotions import Emotion
from fer_core.evaluation.bootstrap import Difference, compare
from fer_core.evaluation.metrics import wilson_interval
from fer_core.experiments import alignment_study as alignment
from fer_core.experiments.runs import Run
from fer_core.experiments.studies import (
    EPOCHS,
    STUDIES,
    broken_variants,
    describe_budget,
    describe_verdict,
    judge,
    load_study,
    stored_budgets,
    studied_runs,
)
from fer_core.experiments.study_claims import Study
from fer_core.experiments.study_seeds import evaluations_of
from fer_core.formats import escape_markdown, format_accuracy, format_macro_f1, format_points
from pages.parts.choices import choose
from pages.parts.figures import show_figure
from pages.parts.frame import page
from pages.parts.readers import last_change
from pages.parts.studies.alignment import show_alignment

ICONS = {
    "held": ":material/check_circle:",
    "did not hold": ":material/cancel:",
    "cannot be told": ":material/help:",
    "not yet run": ":material/hourglass_empty:",
}


def main() -> None:
    """The page: which study, the verdict on each claim, the table, the curves."""
    names = (*STUDIES, alignment.NAME)
    name = choose("Study", names, key="study")
    if name == alignment.NAME:
        show_alignment()
        return
    study = load_study(name)
    st.subheader(study.question)
    budgets = stored_budgets(name)
    for sentence in broken_variants(name):
        st.sidebar.warning(escape_markdown(sentence), icon=":material/folder_off:")
    found = {run.name: run for run in studied_runs(name, _pick_budget(budgets))} if budgets else {}
    runs = {variant.name: found[variant.name] for variant in study.variants if variant.name in found}
    if not runs:
        _show_how(study)
        return
    _show_verdicts(study, runs, found)
    _show_table(study, runs)
    _show_curves(runs)


def _pick_budget(budgets: list[int]) -> int:
    """The longest budget of epochs, or another where several are stored."""
    if len(budgets) == 1:
        return budgets[0]
    return choose("Epochs", budgets, key="epochs")


def _show_how(study: Study) -> None:
    """The command, what it would compare, and what is expected of that."""
    with st.container(border=True):
        st.markdown(
            f"**This study has not been run yet.** This command trains each of its variants for {EPOCHS} "
            "epochs; where it was stopped, `--resume` goes on:"
        )
        command = f"python -m fer_core study {study.name} --data PATH --epochs {EPOCHS}"
        st.code(command, language="bash", wrap_lines=True)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Variants**")
        st.markdown("\n".join(f"- **{variant.name}**: {variant.what}" for variant in study.variants))
    with right:
        st.markdown("**Claims**")
        st.markdown("\n".join(f"- {claim.text}" for claim in study.claims))


def _show_verdicts(study: Study, runs: dict[str, Run], found: dict[str, Run]) -> None:
    """What became of each claim, in words and as a chart."""
    evaluations = evaluations_of(list(runs), found, PRIVATE_TEST)
    differences = []
    for claim in study.claims:
        verdict, difference = judge(claim, evaluations)
        st.markdown(f"{ICONS[verdict]} {describe_verdict(claim, verdict, difference)}")
        if difference is not None:
            differences.append((claim.contrast, claim.tell(difference)))
    if differences:
        alt = "The differences of the claims with their 95% CI, beside 0; the sentences give each number."
        show_figure(plot_differences(differences), key="differences", alt=alt)
    epochs = next(iter(runs.values())).recipe.epochs
    once = "Each variant was trained once, so the variation between trainings is not included."
    often = "Where the means of several trainings are compared, the CI includes the variation between them."
    st.caption(
        f"PrivateTest, single view, after {epochs} epochs. In brackets: 95% CI of the difference, from 2,000 "
        f"bootstrap resamples of the images. {often if max(map(len, evaluations.values())) > 1 else once}"
    )


def _show_table(study: Study, runs: dict[str, Run]) -> None:
    """Five columns, which is what a phone shows."""
    reference = next(iter(runs))
    what = {variant.name: variant.what for variant in study.variants}
    rows = [
        {"variant": f"**{name}** {what[name]}"} | _numbers(run, runs[reference]) for name, run in runs.items()
    ]
    st.table({key: [row[key] for row in rows] for key in rows[0]}, border="horizontal", hide_index=True)
    st.caption(
        f"Against {reference}: accuracy of the variant minus that of {reference}. There are few images of "
        "disgust, so the CI of its recall is wide."
    )


def _numbers(run: Run, reference: Run) -> dict[str, str]:
    """A row of the table."""
    scores = run.metrics[PRIVATE_TEST]["single"]["all"]
    faces, recall = scores["support"][Emotion.DISGUST], scores["recall"][Emotion.DISGUST]
    low, high = wilson_interval(round(recall * faces), faces)
    against = "–"
    if run.path != reference.path:
        found = _difference(run.path, reference.path, last_change(run.path), last_change(reference.path))
        against = format_points(found.value, found.low, found.high)
    return {
        "accuracy (95% CI)": format_accuracy(scores),
        f"against {reference.name}": against,
        "macro F1": format_macro_f1(scores),
        "recall of disgust": f"{100 * recall:.1f} % ({100 * low:.1f}–{100 * high:.1f})",
    }


@st.cache_data(show_spinner=False, max_entries=64)
def _difference(run: Path, reference: Path, *changed: float) -> Difference:
    first, second = (Run(path).evaluation(PRIVATE_TEST) for path in (run, reference))
    return compare(first, second, "accuracy")


def _show_curves(runs: dict[str, Run]) -> None:
    histories = {name: run.history for name, run in runs.items()}
    st.caption(describe_budget(list(runs.values())))
    with st.expander("Learning curves", icon=":material/show_chart:"):
        alt = "Training and validation accuracy by epoch, a pair of lines for each variant."
        show_figure(charts.plot_history(histories, "accuracy"), key="accuracy", alt=alt)
        st.caption("Solid lines: validation accuracy. Dotted: training. Marker: best epoch.")


with page("Studies"):
    main()
