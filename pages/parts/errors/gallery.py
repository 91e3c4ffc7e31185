"""Faces of a split as cards to click on, and one of them in a drawer with all that is known of it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st

from fer_core.charts import plot_probabilities
from fer_core.charts.error_analysis import plot_face_votes
from fer_core.datasets import SPLITS, VOTE_NAMES, group_identical
from fer_core.datasets.table import Table
from fer_core.emotions import EMOTION_LABELS, EMOTIONS
from fer_core.errors import FerError
from fer_core.evaluation.error_analysis import Answers, Positions
from fer_core.experiments.runs import Run
from fer_core.formats import format_percent
from pages.parts import state
from pages.parts.connect import Data
from pages.parts.figures import show_figure
from pages.parts.formats import counted, emotion_name

CARD_PX, WORDS_PX, DETAIL_PX = 100, 136, 168  # a card with its picture, one of words alone; the open face
FACE = "face"  # the row of the open face, in the URL


@dataclass(frozen=True)
class Faces:
    """What the gallery shows.

    Attributes:
        run: whose answers these are.
        answers: of every face of the split.
        said: (N,) what each card says of its face, -1 for nothing.
        suspected: (N,) what each label should rather be, -1 where nothing speaks against it.
        data: the connected copy of FER2013 or the drawn faces; None where there is none that fits the run.
        shown: (N,) the emotion that each face was drawn to show, whatever its label; None of real faces.
    """

    run: Run
    answers: Answers
    said: npt.NDArray[np.int64]
    suspected: npt.NDArray[np.int64]
    data: Data | None
    shown: npt.NDArray[np.uint8] | None = None

    def image(self, position: int) -> npt.NDArray[np.uint8] | None:
        """The face, (48, 48) uint8, where the data is at hand."""
        return None if self.data is None else self.data.table.images[self.answers.rows[position]]


def open_face(row: int) -> None:
    """Open the drawer on a face: for a button or a chart to call."""
    state.put(FACE, str(row))


def close_face() -> None:
    """Close the drawer."""
    state.put(FACE, None)


def show_cards(faces: Faces, positions: Positions) -> None:
    """A card a face: its picture, its label, and a button with what was said of it."""
    with st.container(horizontal=True, gap="xsmall"):
        for position in positions:
            width = WORDS_PX if faces.data is None else CARD_PX
            with st.container(width=width, border=faces.data is None, gap="xxsmall"):
                _show_card(faces, int(position))


def _show_card(faces: Faces, position: int) -> None:
    answers, image = faces.answers, faces.image(position)
    row, said = int(answers.rows[position]), int(faces.said[position])
    label = EMOTION_LABELS[answers.labels[position]]
    if image is not None:
        st.image(image, width="stretch", output_format="PNG", alt=f"Row {row}, labelled {label}")
    st.caption(f"{emotion_name(EMOTIONS[answers.labels[position]])} →")
    share = format_percent(float(answers.probabilities[position, said]), digits=0)
    st.button(
        f"{EMOTION_LABELS[said]} {share}",
        key=f"open {row}",
        on_click=open_face,
        args=(row,),
        type="tertiary",
        help=f"Labelled {label}; open row {row}",
    )


def show_open_face(faces: Faces) -> None:
    """The drawer, if the URL names a face; a face that this split does not hold is said."""
    asked = state.get(FACE)
    if asked is None:
        return
    position = faces.answers.find(int(asked)) if asked.isdecimal() and len(asked) < 10 else None
    if position is None:
        split = faces.answers.evaluation.split
        st.warning(f"Row {asked!r} is no face of {split}.", icon=":material/person_search:")
        return
    drawer = st.dialog(
        f"Row {faces.answers.rows[position]} of {faces.answers.evaluation.split}",
        position="right",
        on_dismiss=close_face,
    )
    drawer(_show_face)(faces, position)


def _show_face(faces: Faces, position: int) -> None:
    image = faces.image(position)
    if image is None:
        looked = ", and where the network looked" if faces.run.has_network else ""
        st.caption(f"Connect FER2013 to see the face{looked}.")
    else:
        _show_picture(faces, position, image)
    st.markdown("\n".join(f"- {fact}" for fact in _facts(faces, position)))
    answers = faces.answers
    said = EMOTION_LABELS[answers.read[position]]
    st.markdown("**What it says**")
    show_figure(
        plot_probabilities(answers.probabilities[position]),
        key="face probabilities",
        alt=f"Probabilities of this face; the highest is {said}",
    )
    if answers.votes is not None:
        st.markdown("**What the FER+ voters saw**")
        votes = answers.votes[position]
        seen = ", ".join(f"{VOTE_NAMES[i]} {votes[i]}" for i in np.flatnonzero(votes))
        show_figure(plot_face_votes(votes), key="face votes", alt=f"Votes: {seen}")


def _show_picture(faces: Faces, position: int, image: npt.NDArray[np.uint8]) -> None:
    """The face, and under heat where the network looked."""
    pictures, captions = [image], ["the face"]
    try:
        if faces.run.has_network:
            pictures.append(_explain(faces, position, image))
            captions.append("where it looked")
    except FerError as error:  # the numbers need no network
        st.error(str(error), icon=":material/error:")
    label = EMOTION_LABELS[faces.answers.labels[position]]
    st.image(
        pictures,
        captions,
        width=DETAIL_PX,
        output_format="PNG",
        alt=[f"A face labelled {label}", "The regions that speak for the answer"][: len(pictures)],
    )
    if not faces.run.has_network:
        st.caption(
            "This run is a baseline: its answers are stored, and no network that could show where it looked."
        )


def _explain(faces: Faces, position: int, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    from fer_core.inference.recognizer import Prediction
    from fer_core.vision.detection import Face  # OpenCV and LiteRT load here, when the first face is opened
    from pages.parts.reading import explain_face

    whole = Face(box=(0, 0, *image.shape), landmarks=None, score=0.0)
    return explain_face(faces.run, Prediction(faces.answers.probabilities[position], whole, image))


def _facts(faces: Faces, position: int) -> list[str]:
    """What is known of the face, a sentence each."""
    answers = faces.answers
    label, read = int(answers.labels[position]), int(answers.read[position])
    shares = [format_percent(float(answers.probabilities[position, which])) for which in (label, read)]
    facts = [f"Labelled **{emotion_name(EMOTIONS[label])}**, which it gives {shares[0]}"]
    verdict = "rightly" if label == read else "wrongly"
    facts.append(f"Read {verdict} as **{emotion_name(EMOTIONS[read])}**, with {shares[1]}")
    facts[-1] += f"; its loss is {answers.loss[position]:.2f}"
    if faces.shown is not None:
        shown = int(faces.shown[position])
        right = "as labelled" if shown == label else "so the label is wrong, on purpose"
        facts.append(f"Drawn as **{emotion_name(EMOTIONS[shown])}**, {right}")
    suspected = int(faces.suspected[position])
    if suspected >= 0:
        facts.append(f"Confident learning suspects that it should be **{emotion_name(EMOTIONS[suspected])}**")
    if answers.votes is not None:
        facts.append(_vote_fact(int(answers.first_choice[position]), label))
    return facts + _twin_facts(faces, position)


def _vote_fact(choice: int, label: int) -> str:
    if choice < 0:
        return "The voters have no first choice among the seven emotions"
    agree = "as labelled" if choice == label else "not as labelled"
    return f"Most voters saw **{emotion_name(EMOTIONS[choice])}**, {agree}"


def _twin_facts(faces: Faces, position: int) -> list[str]:
    if faces.data is None:
        twin = faces.answers.evaluation.twins[position]
        return ["An identical image lies in an earlier split"] if twin else []
    table, row = faces.data.table, int(faces.answers.rows[position])
    groups = _groups(table, faces.data.key)
    others = [int(other) for other in np.flatnonzero(groups == groups[row]) if other != row]
    if not others:
        return ["No other image is identical"]
    named = [f"row {o} ({SPLITS[table.splits[o]]}, {EMOTION_LABELS[table.labels[o]]})" for o in others]
    return [f"{counted(len(others), 'identical image')}: {', '.join(named)}"]


@st.cache_data(show_spinner=False, max_entries=2)
def _groups(_table: Table, key: str) -> npt.NDArray[np.int64]:
    return group_identical(_table.images)
