"""One image in a drawer: what is known of it, its neighbours, and its label to correct, by keyboard."""

from functools import partial

import numpy as np
import numpy.typing as npt
import streamlit as st

from fer_core.charts import plot_probabilities
from fer_core.charts.error_analysis import plot_face_votes
from fer_core.datasets import VOTE_NAMES
from fer_core.datasets.label_corrections import MOST_LETTERS, LabelCorrection
from fer_core.emotions import EMOTION_LABELS, EMOTIONS
from fer_core.errors import FerError
from fer_core.evaluation.error_analysis import Positions, nearest_images
from fer_core.formats import escape_markdown
from pages.parts import state
from pages.parts.connect import Data
from pages.parts.errors.corrections import TAGS, correct, corrections_of
from pages.parts.errors.facts import list_facts
from pages.parts.errors.gallery import CARDS, FACE, PAGE, Faces, open_face, show_cards
from pages.parts.figures import show_figure
from pages.parts.formats import emotion_name

DETAIL_PX = 168
NEIGHBOURS = 4
# No text field of Streamlit's takes the focus by a key.
NOTE_KEY = """<script>{
    const write = event => {
        const busy = ["INPUT", "TEXTAREA"].includes(document.activeElement.tagName)
        const box = document.querySelector("[class*=st-key-note-] input")
        if (event.key.toLowerCase() !== "n" || event.ctrlKey || event.metaKey || event.altKey) return
        if (busy || !box) return
        event.preventDefault()
        box.focus()
    }
    if (!window.ferNoteKey) document.addEventListener("keydown", window.ferNoteKey = write)
}</script>"""


def show_open_face(faces: Faces, order: Positions) -> None:
    """The drawer, if the URL names an image; one that this split does not hold is said.

    Args:
        faces: of the split.
        order: the positions that previous and next go through.
    """
    asked = state.get(FACE)
    if asked is None:
        return
    if _position(faces) is None:
        split = faces.predictions.evaluation.split
        st.warning(
            f"Row {escape_markdown(repr(asked))} is no image of {split}.", icon=":material/person_search:"
        )
        return
    drawer = st.dialog(
        faces.predictions.evaluation.split, position="right", on_dismiss=partial(_close, faces, order)
    )
    drawer(_show)(faces, order)


def _position(faces: Faces) -> int | None:
    asked = state.get(FACE) or ""
    return faces.predictions.find(int(asked)) if asked.isdecimal() and len(asked) < 10 else None


def _close(faces: Faces, order: Positions) -> None:
    """The gallery then shows where the image lies that was open last."""
    found = np.flatnonzero(order == _position(faces))
    if len(found):
        st.session_state[PAGE] = int(found[0]) // CARDS + 1
    state.put(FACE, None)


def _show(faces: Faces, order: Positions) -> None:
    """What the drawer shows; Streamlit runs this alone when something in it is pressed."""
    position = _position(faces)
    if position is None:
        return
    _show_ways(faces, order, position)
    image = faces.image(position)
    if faces.data is None or image is None:
        looked = " and its saliency map" if faces.run.has_network else ""
        st.caption(f"Connect FER2013 to see the image{looked}, and to correct its label.")
    else:
        _show_picture(faces, position, image)
        _ask(faces.data, int(faces.predictions.rows[position]))
    st.markdown("\n".join(f"- {fact}" for fact in list_facts(faces, position)))
    _show_charts(faces, position)
    _show_neighbours(faces, position)
    state.leave()


def _show_ways(faces: Faces, order: Positions, position: int) -> None:
    """The image's row, and the ways to the images before and after it."""
    rows = faces.predictions.rows
    (place,) = np.flatnonzero(order == position)[:1].tolist() or [None]
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        which = "" if place is None else f", {place + 1:,} of {len(order):,}"
        st.markdown(f"**Row {rows[position]}**{which}", width="stretch")
        for label, key, step in (("Previous", "Left", -1), ("Next", "Right", 1)):
            there = place is not None and 0 <= place + step < len(order)
            st.button(
                label,
                shortcut=key,
                disabled=not there,
                on_click=open_face,
                args=(int(rows[order[place + step]]),) if there else (),
                key=label,
            )


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
    alts = [f"An image with the true label {label}", "Warmer regions contributed more to the prediction"]
    st.image(pictures, captions, width=DETAIL_PX, output_format="PNG", alt=alts[: len(pictures)])
    if not faces.run.has_network:
        st.caption("Baselines store predictions only, so there is no saliency map.")


def _explain(faces: Faces, position: int, image: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    from fer_core.inference.recognizer import Prediction
    from fer_core.vision.detection import Face  # OpenCV and LiteRT load here, when the first face is opened
    from pages.parts.reading import explain_face

    whole = Face(box=(0, 0, *image.shape), landmarks=None, score=0.0)
    return explain_face(faces.run, Prediction(faces.predictions.probabilities[position], whole, image))


def _ask(data: Data, row: int) -> None:
    """The seven labels, the tags and a note; each has a key."""
    line = _line(data, row)
    st.markdown("**Correct the label**")
    with st.container(horizontal=True, gap="xxsmall"):
        for emotion in EMOTIONS:
            chosen = line.new == emotion
            _toggle(
                emotion_name(emotion),
                str(emotion + 1),
                chosen,
                data,
                row,
                new=None if chosen else int(emotion),
            )
    with st.container(horizontal=True, gap="xxsmall"):
        for tag, key in TAGS.items():
            _toggle(tag, key, line.tag == tag, data, row, tag="" if line.tag == tag else tag)
    key = f"note-{row}"
    st.session_state.setdefault(key, line.note)
    st.text_input("Note (N)", key=key, max_chars=MOST_LETTERS, on_change=_note, args=(data, row, key))
    st.html(NOTE_KEY, unsafe_allow_javascript=True)


def _line(data: Data, row: int) -> LabelCorrection:
    return corrections_of(data).lines.get(row, LabelCorrection(row, int(data.table.labels[row])))


def _toggle(label: str, key: str, chosen: bool, data: Data, row: int, **change: int | str | None) -> None:
    st.button(
        label,
        shortcut=key,
        type="primary" if chosen else "secondary",
        on_click=correct,
        args=(data, row),
        kwargs=change,
        key=f"say {label}",
    )


def _note(data: Data, row: int, key: str) -> None:
    correct(data, row, note=st.session_state[key].strip())


def _show_charts(faces: Faces, position: int) -> None:
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


def _show_neighbours(faces: Faces, position: int) -> None:
    """The images that look most alike to the network."""
    found = nearest_images(faces.predictions.evaluation, position, NEIGHBOURS)
    if len(found):
        st.markdown("**Nearest neighbours in the embedding**")
        show_cards(faces, found, among="near-")
