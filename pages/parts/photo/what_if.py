"""What if the photo had been worse: a face's crop rotated, blurred, darker, hidden, and predicted again."""

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from fer_core import charts
from fer_core.experiments.runs import Run
from fer_core.formats import format_percent
from fer_core.inference.prediction import Prediction
from fer_core.inference.recognizer import Recognizer
from fer_core.vision.perturbations import LIMITS, Edge, Perturbation, perturb
from pages.parts.faces import show_crop
from pages.parts.figures import show_figure
from pages.parts.formats import emotion_name
from pages.parts.reading import load_recognizer

STEPS = 41  # of a curve: predicted together, a tenth of a second on two cores
EDGES: tuple[Edge, ...] = ("bottom", "top", "left", "right")


class Change(NamedTuple):
    """A slider: its name, what the axis of its curve says, its step and how a strength is written."""

    label: str
    axis: str
    step: float
    form: str


CHANGES = {
    "rotation_degrees": Change("Rotation", "rotation (degrees)", 1.0, "%.0f°"),
    "blur_px": Change("Blur", "blur (standard deviation in pixels of the 48)", 0.1, "%.1f px"),
    "brightness": Change("Brightness", "brightness (share of white that is added)", 0.05, "%+.2f"),
    "occlusion": Change("Occlusion", "occlusion (share of the crop that is hidden)", 0.05, "%.2f"),
}


@st.fragment
def show_what_if(run: Run, prediction: Prediction) -> None:
    """The sliders, the changed crop with its prediction, and the curve over one slider's range."""
    recognizer = load_recognizer(run)
    sliders, picture, bars = st.columns([4, 3, 4], gap="large")
    with sliders:
        perturbation = _choose()
    changed = perturb(prediction.crop, perturbation)
    probabilities = recognizer.predict_crops(changed[None])[0]
    after = Prediction(probabilities, prediction.face, changed)
    with picture:
        words = f"{_words(prediction)} → {_words(after)}"
        st.markdown(f"**{words}**")
        show_crop(changed, caption="Changed network input", alt=f"The changed network input: {words}")
    with bars:
        show_figure(
            charts.plot_probabilities(probabilities, before=prediction.probabilities),
            key="what if bars",
            alt=f"Probabilities after the change, strokes mark those before: {words}",
        )
    _show_curve(recognizer, prediction, perturbation)


def _choose() -> Perturbation:
    strengths = {
        name: st.slider(
            change.label,
            *LIMITS[name],
            value=0.0,
            step=change.step,
            format=change.form,
            key=f"what if {name}",
        )
        for name, change in CHANGES.items()
    }
    with st.container(horizontal=True, vertical_alignment="bottom", horizontal_alignment="distribute"):
        edge = st.selectbox("Hidden from the", EDGES, key="what if edge")
        st.button("Reset", on_click=_reset, icon=":material/restart_alt:")
    return Perturbation(**strengths, edge=edge)


def _reset() -> None:
    for name in CHANGES:
        st.session_state[f"what if {name}"] = 0.0


def _show_curve(recognizer: Recognizer, prediction: Prediction, perturbation: Perturbation) -> None:
    """The seven probabilities over the whole range of one slider, the others as they stand."""
    name = st.segmented_control(
        "Probabilities over the range of",
        list(CHANGES),
        default="rotation_degrees",
        required=True,
        format_func=lambda name: CHANGES[name].label,
    )
    strengths = np.linspace(*LIMITS[name], STEPS)
    settings: list[dict[str, Any]] = [{name: float(each)} for each in strengths]
    crops = [perturb(prediction.crop, replace(perturbation, **each)) for each in settings]
    show_figure(
        charts.plot_sensitivity(
            strengths,
            recognizer.predict_crops(np.stack(crops)),
            at=getattr(perturbation, name),
            title=CHANGES[name].axis,
        ),
        key=f"what if {name} curve",
        alt=f"The seven probabilities over {CHANGES[name].axis}",
    )
    st.caption(
        "The changes are made to the network's 48 × 48 input, after detection and alignment: they show what "
        "the network withstands, not what the face detector does."
    )


def _words(prediction: Prediction) -> str:
    return f"{emotion_name(prediction.emotion)} {format_percent(prediction.confidence, digits=0)}"
