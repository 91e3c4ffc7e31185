"""Several networks on the same faces, side by side."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt
import streamlit as st

from fer_core import charts
from fer_core.emotions import EMOTIONS
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown, format_accuracy, format_percent
from pages.parts.figures import show_figure
from pages.parts.formats import counted, emotion_name
from pages.parts.photo.table import ROW_PX, ROWS_SHOWN, data_uri
from pages.parts.readers import all_networks
from pages.parts.reading import Reading, load_recognizer
from pages.parts.state import bound

AT_FIRST, MOST = 3, 4  # networks beside each other
Answers = Mapping[str, npt.NDArray[np.float32]]  # a run's name -> (N, 7), a row a face


def show_models(run: Run, reading: Reading, number: int) -> None:
    """What each chosen network predicts for one face, and below for all faces of the photo."""
    networks = {each.name: each for each in all_networks()}
    order = [run.name, *(name for name in networks if name != run.name)]
    chosen = st.multiselect(
        "Networks",
        order,
        key=bound("models", order[:AT_FIRST], options=order),
        max_selections=MOST,
        placeholder="Select networks to compare",
    )
    if len(networks) < 2:
        st.info("This is the only network here. Train another one to compare it with.")
    if not chosen:
        return
    crops = np.stack([each.crop for each in reading.predictions])
    answers = {name: load_recognizer(networks[name]).predict_crops(crops) for name in chosen}
    for name, place in zip(chosen, st.columns(len(chosen), gap="medium"), strict=True):
        with place.container(border=True, height="stretch"):
            _show_one(networks[name], answers[name][number - 1])
    if len(crops) > 1 and len(chosen) > 1:
        _show_all(reading, answers)


def _show_one(run: Run, probabilities: npt.NDArray[np.float32]) -> None:
    score = run.metrics["PrivateTest"]["single"]["all"]
    best = EMOTIONS[int(probabilities.argmax())]
    share = format_percent(float(probabilities.max()), digits=0)
    st.markdown(f"**{escape_markdown(run.name)}** · {emotion_name(best)} · {share}")
    st.caption(f"PrivateTest {format_accuracy(score, digits=1)}")
    show_figure(
        charts.plot_probabilities(probabilities),
        key=f"bars of {run.name}",
        alt=f"Probabilities by {run.name}; the highest is {best.label}",
    )


def _show_all(reading: Reading, answers: Answers) -> None:
    """A row per face, a column per network; how often they agree."""
    firsts = np.stack([each.argmax(axis=1) for each in answers.values()])
    agreed = int((firsts == firsts[0]).all(axis=0).sum())
    st.markdown(f"The {len(answers)} networks agree on **{agreed} of {counted(firsts.shape[1], 'face')}**.")
    columns: dict[str, Sequence[object]] = {
        "face": [data_uri(each.crop) for each in reading.predictions],
        "no.": list(range(1, firsts.shape[1] + 1)),
    }
    columns |= {name: [_word(row) for row in rows] for name, rows in answers.items()}
    st.dataframe(
        columns,
        hide_index=True,
        row_height=ROW_PX,
        height=38 + ROW_PX * min(firsts.shape[1], ROWS_SHOWN),
        column_config={
            "face": st.column_config.ImageColumn(width=52),
            "no.": st.column_config.NumberColumn(width=40),
        },
        alt="One row per face: its crop, its number, and what each network predicts",
    )


def _word(probabilities: npt.NDArray[np.float32]) -> str:
    best = EMOTIONS[int(probabilities.argmax())]
    return f"{emotion_name(best)} {format_percent(float(probabilities.max()), digits=0)}"
