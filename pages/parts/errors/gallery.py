"""Images of a split as cards, each of which opens its image as a whole."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import streamlit as st

from fer_core.datasets.label_corrections import LabelCorrection
from fer_core.emotions import EMOTION_LABELS, EMOTIONS
from fer_core.evaluation.error_analysis import Positions, SplitPredictions
from fer_core.experiments.runs import Run
from fer_core.formats import format_percent
from pages.parts import state
from pages.parts.connect import Data
from pages.parts.errors.corrections import Lines, corrections_of
from pages.parts.formats import emotion_name
from pages.parts.state import bound

CARD_PX, WORDS_PX = 106, 144  # a card with its image, one of words alone
CARDS = 16  # on one page of the gallery
FACE, PAGE = "face", "page"  # the row of the open image and the gallery's page, in the URL
# The button's area is the whole card: its text stays the one thing that is read and focused.
STYLE = """<style>
div[class*=st-key-card-] {position: relative; padding: 4px; border-radius: 8px}
div[class*=st-key-card-]:hover {background: rgb(128 128 128 / 15%)}
div[class*=st-key-card-] :is([data-testid=stElementContainer], .stButton, .stTooltipIcon, button) {
    position: static
}
div[class*=st-key-card-] button {min-height: 1.5rem; padding-block: 0}
div[class*=st-key-card-] button::after {content: ""; position: absolute; inset: 0; border-radius: 8px}
div[class*=st-key-card-] button:focus-visible {box-shadow: none}
div[class*=st-key-card-] button:focus-visible::after {outline: 2px solid currentColor}
div[class*=st-key-card-] [data-testid=stElementToolbar] {display: none}
</style>"""


@dataclass(frozen=True)
class Faces:
    """What the gallery shows.

    Attributes:
        run: whose predictions these are.
        predictions: of every image of the split.
        said: (N,) what each card says of its image, -1 for nothing.
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
        """The image, (48, 48) uint8, where the data is at hand."""
        return None if self.data is None else self.data.table.images[self.predictions.rows[position]]

    @property
    def lines(self) -> Lines:
        """What was said of the images so far, by row."""
        return {} if self.data is None else corrections_of(self.data).lines


def open_face(row: int) -> None:
    """Open the drawer on an image: for a button or a chart to call."""
    state.put(FACE, str(row))


def to_first_page() -> None:
    """Begin the gallery anew: for a widget to call that changes what it shows."""
    st.session_state[PAGE] = 1


def show_gallery(
    faces: Faces, found: Positions, *, by: str = "", beside: Callable[[], None] | None = None
) -> None:
    """One page of the images, in their order, and the pages.

    Args:
        faces: of the split.
        found: the positions of the images to show.
        by: what they are sorted by; cards say it, where they do not say it anyway.
        beside: draws what stands beside the page's number.
    """
    pages = -(-len(found) // CARDS)
    if st.session_state.get(PAGE, 1) > pages:
        st.session_state[PAGE] = pages
    shown = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = bound(PAGE, 1, between=(1, pages))
        number = st.number_input(f"Page, of {pages:,}", 1, pages, key=key, width=110)
        if beside:
            beside()
    with shown:
        show_cards(faces, found[(number - 1) * CARDS : number * CARDS], by=by)


def show_cards(faces: Faces, positions: Positions, *, by: str = "", among: str = "") -> None:
    """A card an image: the image, its label, what is said of it, and what was said of it here.

    Args:
        faces: of the split.
        positions: of the images.
        by: as for ``show_gallery``.
        among: tells these cards from others of the same images on the page.
    """
    st.html(STYLE)
    predictions, lines = faces.predictions, faces.lines
    with st.container(horizontal=True, gap="xxsmall"):
        for position in map(int, positions):
            row = int(predictions.rows[position])
            width = WORDS_PX if faces.data is None else CARD_PX
            with st.container(width=width, border=faces.data is None, gap=None, key=f"card-{among}{row}"):
                _show_card(faces, position, among)
                if by == "disagreement" and predictions.votes is not None:
                    st.caption(f"{predictions.disagreement[position]:.0%} disagree")
                if row in lines:
                    st.caption(f":material/edit: {_short(lines[row])}")


def _show_card(faces: Faces, position: int, among: str) -> None:
    predictions, image = faces.predictions, faces.image(position)
    row, label = int(predictions.rows[position]), int(predictions.labels[position])
    said = int(faces.said[position])
    said = said if said >= 0 else int(predictions.predicted[position])
    if image is not None:
        alt = f"Row {row}, true label {EMOTION_LABELS[label]}"
        st.image(image, width="stretch", output_format="PNG", alt=alt)
    st.caption(f"{emotion_name(EMOTIONS[label])} {_share(predictions, position, label)}")
    st.button(
        f"→ {EMOTION_LABELS[said]} {_share(predictions, position, said)}",
        key=f"open {among}{row}",
        on_click=open_face,
        args=(row,),
        type="tertiary",
    )


def _short(line: LabelCorrection) -> str:
    """The new label and the tag, or that there is a note."""
    words = [EMOTION_LABELS[line.new]] if line.new is not None else []
    return ", ".join(words + ([line.tag] if line.tag else [])) or "note"


def _share(predictions: SplitPredictions, position: int, label: int) -> str:
    return format_percent(float(predictions.probabilities[position, label]), digits=0)
