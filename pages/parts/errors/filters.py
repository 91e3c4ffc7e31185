"""Which images the gallery shows, and in which order: asked, kept in the URL, and told."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import streamlit as st

from fer_core.evaluation.error_analysis import Filters, Positions
from pages.parts.choices import choose, choose_percents
from pages.parts.errors.gallery import Faces, to_first_page
from pages.parts.errors.sources import is_drawn
from pages.parts.state import bound

# What each control offers; these words also stand in the URL.
CONFIDENCE, LOSS = "highest confidence first", "highest loss first"
ORDER_OF = {CONFIDENCE: "confidence", LOSS: "loss", "highest disagreement first": "disagreement"}
PEOPLE: Mapping[str, bool | None] = {"all": None, "agree": True, "disagree": False}
DUPLICATES: Mapping[str, bool | None] = {"all": None, "duplicates": True, "no duplicates": False}
CORRECTED: Mapping[str, bool | None] = {"all": None, "corrected": True, "not yet": False}
WORDS = {
    "agree": "a label with most FER+ votes",
    "disagree": "a label with fewer FER+ votes than another emotion",
    "duplicates": "a duplicate in an earlier split",
    "no duplicates": "no duplicate in an earlier split",
    "corrected": "a correction, tag or note",
    "not yet": "no correction, tag or note",
}


@dataclass(frozen=True)
class Chosen:
    """What was asked for.

    Attributes:
        filters: what predictions and data decide.
        corrected: whether something was said of an image; None does not filter.
        by: what to sort by, one of ``error_analysis.ORDERS``.
    """

    filters: Filters
    corrected: bool | None
    by: str

    def keep(self, found: Positions, faces: Faces) -> Positions:
        """Of some positions those that fit what was said of their images."""
        if self.corrected is None:
            return found
        return found[np.isin(faces.predictions.rows[found], list(faces.lines)) == self.corrected]


def ask_filters(faces: Faces, truth: int | None, said: int | None, *, labels: bool) -> Chosen:
    """The order, and the filters behind a button.

    Args:
        faces: of the split.
        truth: the true label that was picked, or None.
        said: the same of the predicted or suggested one.
        labels: whether possible label errors are shown: the least probable labels then come first.
    """
    with st.container(horizontal=True, vertical_alignment="bottom"):
        orders = tuple(ORDER_OF)
        key = bound("order", LOSS, options=orders) if labels else bound("sort", CONFIDENCE, options=orders)
        by = ORDER_OF[st.selectbox("Order", orders, key=key, on_change=to_first_page)]
        with st.popover("Filters", icon=":material/filter_list:"):
            low, high = choose_percents("Confidence, in percent", key="sure", on_change=to_first_page)
            people = _choose("FER+ annotators and the label", PEOPLE, "annotators")
            duplicate = _choose("Duplicates across splits", DUPLICATES, "duplicates")
            corrected = _choose("Corrections", CORRECTED, "corrections")
    if faces.predictions.votes is None and (by == "disagreement" or PEOPLE[people] is not None):
        why = "Synthetic faces have no annotators" if is_drawn() else "FER+ is not connected"
        st.caption(f"{why}, so images cannot be sorted or filtered by annotators.")
        by, people = ("confidence" if by == "disagreement" else by), "all"
    active = [f"a confidence of {low}–{high} %"] if (low, high) != (0, 100) else []
    active += [WORDS[words] for words in (people, duplicate, corrected) if words in WORDS]
    if active:
        st.caption(f"Only images with: {', '.join(active)}.")
    filters = Filters(truth, said, (low / 100, high / 100), PEOPLE[people], DUPLICATES[duplicate])
    return Chosen(filters, CORRECTED[corrected], by)


def _choose(label: str, options: Mapping[str, bool | None], key: str) -> str:
    return choose(label, tuple(options), key=key, on_change=to_first_page)
