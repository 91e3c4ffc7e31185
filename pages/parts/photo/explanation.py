"""Why a face was predicted as it was: the saliency map of each emotion."""

import streamlit as st

from fer_core.emotions import EMOTIONS
from fer_core.experiments.runs import Run
from fer_core.formats import format_percent
from fer_core.inference.annotation import overlay_saliency
from fer_core.inference.prediction import Prediction
from pages.parts.formats import emotion_name
from pages.parts.reading import explain_all, load_recognizer

MAP_PX = 100  # seven beside each other in a window of 1280 px
ABOUT = {
    "class activation map": "Class activation map (Zhou et al. 2016): what each part of the last feature map "
    "adds to an emotion's score.",
    "occlusion sensitivity": "Occlusion sensitivity (Zeiler and Fergus 2014): how far an emotion's "
    "probability falls when that part of the face is hidden.",
}


def show_explanation(run: Run, prediction: Prediction) -> None:
    """The saliency maps of all seven emotions, by the method that is chosen.

    The method is the session's, not the address's: which there are depends on the run.
    """
    methods = load_recognizer(run).methods
    method = methods[0]
    if len(methods) > 1:
        method = st.segmented_control(
            "Method", methods, default=methods[0], required=True, format_func=str.capitalize
        )
    with st.spinner("Computing the saliency maps"):
        maps = explain_all(run, prediction.crop, method=method)
    shares = [format_percent(float(share), digits=0) for share in prediction.probabilities]
    row = st.container(horizontal=True, gap="small")
    for emotion, saliency, share in zip(EMOTIONS, maps, shares, strict=True):
        row.image(
            overlay_saliency(prediction.crop, saliency),
            f"{emotion_name(emotion)} {share}",
            width=MAP_PX,
            output_format="PNG",
            alt=f"Saliency map for {emotion.label}, predicted with {share}",
        )
    st.caption(
        f"{ABOUT[method]} Warmer regions contributed more. Each map is scaled to its own maximum, so compare "
        "places in a map, not maps."
    )
