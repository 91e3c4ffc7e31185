"""What roll correction does to a network's accuracy: a sentence, a chart, a table."""

from typing import Any

import streamlit as st

from fer_core import charts
from fer_core.experiments.alignment_study import (
    NAME,
    QUESTION,
    TILTED_DEGREES,
    Alignment,
    Effect,
    describe,
    describe_roll,
    effect_on_tilted,
    effects,
    load_alignment,
    measured_runs,
)
from fer_core.formats import escape_markdown, format_accuracy
from pages.parts.choices import choose
from pages.parts.figures import show_figure


def show_alignment() -> None:
    """The question, and its result for a run that was measured, or the command that measures one."""
    st.subheader(QUESTION)
    names = measured_runs()
    if not names:
        _show_how()
        return
    name = names[0]
    if len(names) > 1:
        name = choose("Run", names, key="measured")
    found, provenance = load_alignment(name)
    st.markdown(f"**{describe(found)}** {describe_roll(found)}")
    show_figure(
        charts.plot_alignment(effects(found)),
        key="alignment",
        alt="Accuracy against the rotation of the faces, with and without roll correction, with 95% CI; the "
        "table below has each number.",
    )
    _show_table(found)
    shown = escape_markdown(name)
    st.caption(
        f"Run {shown}, one view of each of {len(found.labels):,} faces of PublicTest and PrivateTest: "
        "nothing was selected here. Each is rotated to a random side. Roll correction rotates it back about "
        "the midpoint between the eyes that YuNet detects; without a detection the face stays as it is. In "
        "brackets: 95% CI, that of the difference for paired samples (Agresti and Min 2005); p: McNemar's "
        "test."
    )
    st.caption(f"Measured by {escape_markdown(provenance['command'])}.")


def _show_how() -> None:
    with st.container(border=True):
        st.markdown(
            "**No run has been measured yet.** This command rotates every test image, with and without roll "
            "correction, and predicts each:"
        )
        st.code(f"python -m fer_core {NAME} RUN --data PATH", language="bash", wrap_lines=True)


def _show_table(found: Alignment) -> None:
    rows = [_row(f"{each.degrees}°" if each.degrees else "not rotated", each) for each in effects(found)]
    tilted = effect_on_tilted(found)
    if tilted is not None:
        rows.append(_row(f"roll ≥ {TILTED_DEGREES:.0f}°", tilted))
    st.table({key: [row[key] for row in rows] for key in rows[0]}, border="horizontal", hide_index=True)


def _row(what: str, each: Effect) -> dict[str, Any]:
    p = each.comparison.p_value
    return {
        "rotated by": what,
        "without roll correction": format_accuracy(each.raw, digits=1),
        "with roll correction": format_accuracy(each.corrected, digits=1),
        "difference": each.change,
        "p": f"{p:.3f}" if p >= 0.001 else "< 0.001",
        "eyes detected": f"{each.found:,} of {each.comparison.count:,}",
    }
