"""Images of a split as cards to click on, and one of them in a drawer with its details."""

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
from fer_core.evaluation.error_analysis import Positions, SplitPredictions
from fer_core.experiments.runs import Run
from fer_core.formats import escape_markdown, format_percent
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
        run: whose predictions these are.
        predictions: of every face of the split.
        said: (N,) what each card says of its face, -1 for nothing.
        suspected: (N,) what each label should rather be, -1 where nothing speaks against it.
        data: the connected copy of FER2013 or the drawn faces; None where there is none that fits the run.
        shown: (N,) the emotion that each face was drawn to show, whatever its label; None of real faces.
    """

    run: Run
    predictions: SplitPredictions
    said: npt.NDArray[np.int64]
    suspected: npt.NDArray[np.int64]
    data: Data | None
    shown: npt.NDArray[np.uint8] | None = None

    def image(self, position: int) -> npt.NDArray[np.uint8] | None:
        """The face, (48, 48) uint8, where the data is at hand."""
        return None if self.data is None else self.data.table.images[self.predictions.rows[position]]


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
    predictions, image = faces.predictions, faces.image(position)
    row, said = int(predictions.rows[position]), int(faces.said[position])
    label = EMOTION_LABELS[predictions.labels[position]]
    if image is not None:
        st.image(image, width="stretch", output_format="PNG", alt=f"Row {row}, true label {label}")
    st.caption(f"{emotion_name(EMOTIONS[predictions.labels[position]])} →")
    share = format_percent(float(predictions.probabilities[position, said]), digits=0)
    st.button(
        f"{EMOTION_LABELS[said]} {share}",
        key=f"open {row}",
        on_click=open_face,
        args=(row,),
        type="tertiary",
        help=f"True label {label}; open row {row}",
    )


def show_open_face(faces: Faces) -> None:
    """The drawer, if the URL names a face; a face that this split does not hold is said."""
    asked = state.get(FACE)
    if asked is None:
        return
    position = faces.predictions.find(int(asked)) if asked.isdecimal() and len(asked) < 10 else None
    if position is None:
        split = faces.predictions.evaluation.split
        st.warning(
            f"Row {escape_markdown(repr(asked))} is no face of {split}.", icon=":material/person_search:"
        )
        return
    drawer = st.dialog(
        f"Row {faces.predictions.rows[position]} of {faces.predictions.evaluation.split}",
        position="right",
        on_dismiss=close_face,
    )
    drawer(_show_face)(faces, position)


def _show_face(faces: Faces, position: int) -> None:
    image = faces.image(position)
    if image is None:
        looked = " and its saliency map" if faces.run.has_network else ""
        st.caption(f"Connect FER2013 to see the image{looked}.")
    else:
        _show_picture(faces, position, image)
    st.markdown("\n".join(f"- {fact}" for fact in _facts(faces, position)))
    predictions = faces.predictions
    said = EMOTION_LABELS[predictions.predicted[position]]
    st.markdown("**Predicted probabilities**")
    show_figure(
        plot_probabilities(predictions.probabilities[position]),
        key="face probabilities",
        alt=f"Predicted probabilities; the highest is {said}",
    )
    if predictions.votes is not None:
        st.markdown("**FER+ annotations**")
        votes = predictions.votes[position]
        seen = ", ".join(f"{VOTE_NAMES[i]} {votes[i]}" for i in np.flatnonzero(votes))
        show_figure(plot_face_votes(votes), key="face votes", alt=f"Votes: {seen}")


def _show_picture(faces: Faces, position: int, image: npt.NDArray[np.uint8]) -> None:
    """The image, and its saliency map."""
    pictures, captions = [image], ["image"]
    try:
        if faces.run.has_network:
            pictures.append(_explain(faces, position, image))
            captions.append("saliency map")
    except FerError as error:  # the numbers need no network
        st.error(escape_markdown(error), icon=":material/error:")
    label = EMOTION_LABELS[faces.predictions.labels[position]]
    st.image(
        pictures,
        captions,
        width=DETAIL_PX,
        output_format="PNG",
        alt=[f"An image with the true label {label}", "Warmer regions contributed more to the prediction"][
            : len(pictures)
        ],
    )
    if not faces.run.has_network:
        st.caption("Baselines store predictions only, so there is no saliency map.")


def _explain(faces: Faces, position: int, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    from fer_core.inference.recognizer import Prediction
    from fer_core.vision.detection import Face  # OpenCV and LiteRT load here, when the first face is opened
    from pages.parts.reading import explain_face

    whole = Face(box=(0, 0, *image.shape), landmarks=None, score=0.0)
    return explain_face(faces.run, Prediction(faces.predictions.probabilities[position], whole, image))


def _facts(faces: Faces, position: int) -> list[str]:
    """What is known of the face, a sentence each."""
    predictions = faces.predictions
    label, predicted = int(predictions.labels[position]), int(predictions.predicted[position])
    shares = [
        format_percent(float(predictions.probabilities[position, which])) for which in (label, predicted)
    ]
    facts = [f"True label: **{emotion_name(EMOTIONS[label])}** (predicted probability {shares[0]})"]
    verdict = "correct" if label == predicted else "misclassified"
    facts.append(f"Predicted as **{emotion_name(EMOTIONS[predicted])}** with {shares[1]}: {verdict}")
    facts[-1] += f", loss {predictions.loss[position]:.2f}"
    if faces.shown is not None:
        shown = int(faces.shown[position])
        right = "as labelled" if shown == label else "so the label is wrong on purpose"
        facts.append(f"Drawn as **{emotion_name(EMOTIONS[shown])}**, {right}")
    suspected = int(faces.suspected[position])
    if suspected >= 0:
        facts.append(f"Possible label error; suggested label: **{emotion_name(EMOTIONS[suspected])}**")
    if predictions.votes is not None:
        facts.append(_vote_fact(int(predictions.first_choice[position]), label))
    return facts + _duplicate_facts(faces, position)


def _vote_fact(choice: int, label: int) -> str:
    if choice < 0:
        return "FER+: no emotion has most votes"
    agree = "as labelled" if choice == label else "not as labelled"
    return f"FER+: **{emotion_name(EMOTIONS[choice])}** has most votes, {agree}"


def _duplicate_facts(faces: Faces, position: int) -> list[str]:
    if faces.data is None:
        duplicate = faces.predictions.evaluation.duplicates[position]
        return ["An exact duplicate lies in an earlier split"] if duplicate else []
    table, row = faces.data.table, int(faces.predictions.rows[position])
    groups = _groups(table, faces.data.key)
    others = [int(other) for other in np.flatnonzero(groups == groups[row]) if other != row]
    if not others:
        return ["No duplicate images"]
    named = [f"row {o} ({SPLITS[table.splits[o]]}, {EMOTION_LABELS[table.labels[o]]})" for o in others]
    return [f"{counted(len(others), 'duplicate image')}: {', '.join(named)}"]


@st.cache_data(show_spinner=False, max_entries=2)
def _groups(_table: Table, key: str) -> npt.NDArray[np.int64]:
    return group_identical(_table.images)
