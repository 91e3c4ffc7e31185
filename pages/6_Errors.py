"""The faces behind the numbers: which were read wrongly, whose labels look wrong, and how all of them lie."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from fer_core.charts.error_analysis import plot_confusion_to_pick, plot_map
from fer_core.datasets.dataset import PRIVATE_TEST, PUBLIC_TEST
from fer_core.emotions import EMOTION_COUNT, EMOTION_LABELS
from fer_core.evaluation.error_analysis import (
    MAPS,
    Answers,
    Points,
    Positions,
    Wanted,
    faces_as_csv,
    margin,
    place,
    select,
    sort,
)
from fer_core.evaluation.metrics import wilson_interval
from fer_core.formats import format_percent
from pages.parts.errors.gallery import Faces, open_face, show_cards, show_open_face
from pages.parts.errors.sources import connect, gather, introduce, is_drawn, pick_source
from pages.parts.figures import show_figure
from pages.parts.formats import counted
from pages.parts.frame import page
from pages.parts.readers import last_change
from pages.parts.state import bound

# What each control offers; these words also stand in the URL.
SPLITS = (PRIVATE_TEST, PUBLIC_TEST)
MISTAKES, LABELS, MAP = "Mistakes", "Doubtful labels", "Map"
VIEWS = (MISTAKES, LABELS, MAP)
ANY = "any"
EMOTION_OPTIONS = (ANY, *EMOTION_LABELS)
ORDER_OF = {"surest first": "confidence", "largest loss first": "loss", "against most voters first": "voters"}
PEOPLE: Mapping[str, bool | None] = {"all": None, "agree": True, "disagree": False}
TWINS: Mapping[str, bool | None] = {"all": None, "twin": True, "no twin": False}
PEOPLE_WORDS = {"agree": "a label that the voters share", "disagree": "a label that the voters do not share"}
TWIN_WORDS = {"twin": "a twin in an earlier split", "no twin": "no twin in an earlier split"}
CARDS = 16  # on one page of the gallery


def main() -> None:
    """The page: which split and which view; then the matrix and its faces, or the map."""
    with st.container(horizontal=True, gap="medium"):
        run = pick_source()
        split = _choose("Faces of", SPLITS, key="split")
        view = _choose("Show", VIEWS, key="show")
    faces = gather(run, split, doubts=view == LABELS)
    introduce(faces)
    {MISTAKES: _show_mistakes, LABELS: _show_labels, MAP: _show_map}[view](faces)
    connect()
    show_open_face(faces)


def _choose(label: str, options: Sequence[str], *, key: str) -> str:
    """One of a few options as buttons, the first at first; kept in the URL."""
    return st.segmented_control(
        label,
        options,
        required=True,
        key=bound(key, options[0], options=options),
        on_change=_to_first_page,
    )


def _show_mistakes(faces: Faces) -> None:
    wrong = int((faces.answers.read != faces.answers.labels).sum())
    count = len(faces.answers)
    low, high = (format_percent(share) for share in wilson_interval(wrong, count))
    st.markdown(
        f"**{wrong:,} of {count:,}** {faces.answers.evaluation.split} faces were read wrongly "
        f"({format_percent(wrong / max(1, count))}; 95% interval {low} to {high}). "
        "Pick a cell to see its faces, and a face to see all that is known of it."
    )
    _browse(faces)


def _show_labels(faces: Faces) -> None:
    st.markdown(_label_summary(faces))
    _browse(faces)
    st.caption(
        "Confident learning (Northcutt et al. 2021): a label is suspect when the run, which has not "
        "learnt this face, gives another emotion as much as it usually gives the faces so labelled. It "
        "shares the run's faults: a suspicion is a reason to look, not a verdict."
    )


def _label_summary(faces: Faces) -> str:
    """How many labels are suspect, and whom the voters back."""
    answers, suspected = faces.answers, faces.suspected
    chosen = suspected >= 0
    sentence = f"**{chosen.sum():,} of {len(answers):,}** labels look wrong to confident learning."
    if faces.shown is not None:
        wrong = faces.shown != answers.labels
        return (
            f"{sentence} **{wrong.sum():,}** were made wrong on purpose, and **{(wrong & chosen).sum():,}** "
            "of these are among them."
        )
    if answers.votes is None:
        return sentence + " With the FER+ votes, people's opinion stands beside it."
    choice = answers.first_choice
    decided = int((chosen & (choice >= 0)).sum())
    backing = int((chosen & (choice == suspected)).sum())
    keeping = int((chosen & (choice == answers.labels)).sum())
    return (
        f"{sentence} Where the FER+ voters have one first choice ({counted(decided, 'face')}), it backs the "
        f"suspicion **{backing:,}** times and the label **{keeping:,}** times."
    )


def _browse(faces: Faces) -> None:
    """The matrix beside the faces that fit."""
    left, right = st.columns([5, 7], gap="large")
    with left:
        truth, said = _show_matrix(faces)
    with right:
        wanted, by = _ask(truth, said, faces)
        found = select(faces.answers, wanted, faces.said)
        _show_found(faces, _in_order(faces, found, by))


def _show_matrix(faces: Faces) -> tuple[int | None, int | None]:
    """The matrix, and two boxes that do the same by keyboard; returns the (truth, answer) picked."""
    second = "should rather be" if faces.said is faces.suspected else "read as"
    first, other = st.columns(2)
    with first:
        truth = _pick_emotion("Labelled", key="truth")
    with other:
        said = _pick_emotion(second.capitalize(), key="read")
    counts = np.zeros((EMOTION_COUNT, EMOTION_COUNT), np.int64)
    known = faces.said >= 0
    np.add.at(counts, (faces.answers.labels[known], faces.said[known]), 1)
    figure = plot_confusion_to_pick(counts, picked=(truth, said))
    figure.update_xaxes(title=second).update_yaxes(title="labelled")
    alt = f"Matrix of faces: rows are the label, columns what they {second}. The boxes above pick a cell too."
    show_figure(figure, key="matrix", alt=alt, on_pick=_pick_cell)
    return truth, said


def _pick_emotion(label: str, *, key: str) -> int | None:
    key = bound(key, ANY, options=EMOTION_OPTIONS)
    name = st.selectbox(label, EMOTION_OPTIONS, key=key, on_change=_to_first_page)
    return None if name == ANY else EMOTION_LABELS.index(name)


def _pick_cell(point: Mapping[str, Any]) -> None:
    st.session_state["truth"], st.session_state["read"] = point["y"], point["x"]
    _to_first_page()


def _to_first_page() -> None:
    st.session_state["page"] = 1


def _ask(truth: int | None, said: int | None, faces: Faces) -> tuple[Wanted, str]:
    """The order, and the filters behind a button."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        orders = tuple(ORDER_OF)
        order = st.selectbox(
            "Order", orders, key=bound("sort", orders[0], options=orders), on_change=_to_first_page
        )
        by = ORDER_OF[order]
        with st.popover("Filters", icon=":material/filter_list:"):
            low, high = st.slider(
                "How sure the run is, in percent",
                0,
                100,
                step=5,
                key=bound("sure", (0, 100), between=(0, 100)),
                on_change=_to_first_page,
            )
            people = _choose("FER+ voters and the label", tuple(PEOPLE), key="people")
            twin = _choose("In an earlier split too", tuple(TWINS), key="twin")
    if faces.answers.votes is None and (by == "voters" or PEOPLE[people] is not None):
        why = "Nobody votes on drawn faces" if is_drawn() else "The FER+ votes are not connected"
        st.caption(f"{why}, so what people say neither orders nor filters here.")
        by, people = ("confidence" if by == "voters" else by), "all"
    active = [f"an answer that is {low}–{high} % sure"] if (low, high) != (0, 100) else []
    active += [words for words in (PEOPLE_WORDS.get(people), TWIN_WORDS.get(twin)) if words]
    if active:
        st.caption(f"Only faces with: {', '.join(active)}.")
    wanted = Wanted(truth, said, (low / 100, high / 100), PEOPLE[people], TWINS[twin])
    return wanted, by


def _doubts(faces: Faces, by: str) -> bool:
    """Whether surest means surest that the label is wrong, and not surest of the answer."""
    return faces.said is faces.suspected and by == "confidence"


def _in_order(faces: Faces, found: Positions, by: str) -> Positions:
    """The faces in the order asked for."""
    if _doubts(faces, by):
        clear = margin(faces.answers.labels, faces.answers.probabilities)[found]
        return found[np.argsort(-clear, kind="stable")]
    return sort(faces.answers, found, by)


def _show_found(faces: Faces, found: Positions) -> None:
    """One page of the faces, the pages, and all of them as CSV."""
    if not len(found):
        st.info("No face fits.", icon=":material/search_off:")
        return
    pages = -(-len(found) // CARDS)
    if st.session_state.get("page", 1) > pages:
        st.session_state["page"] = pages
    shown = st.container()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = bound("page", 1, between=(1, pages))
        number = st.number_input(f"Page, of {pages}", 1, pages, key=key, width=130)
        st.download_button(
            f"{counted(len(found), 'face')} as CSV",
            lambda: faces_as_csv(faces.answers, found, faces.suspected),
            f"{faces.run.name}-{faces.answers.evaluation.split}.csv",
            "text/csv",
            icon=":material/table:",
            on_click="ignore",
        )
    with shown:
        show_cards(faces, found[(number - 1) * CARDS : number * CARDS])


def _show_map(faces: Faces) -> None:
    answers = faces.answers
    method = _choose("Placed by", MAPS, key="method")
    if len(answers) < 3:
        st.info("A map needs at least three faces.", icon=":material/scatter_plot:")
        return
    with st.spinner(f"Placing {len(answers):,} faces", show_time=True):
        points = _points(
            faces.run.path, last_change(faces.run.path), answers.evaluation.split, method, answers
        )
    show_figure(
        plot_map(points, answers.labels, answers.read, answers.rows),
        key="map",
        alt="Every face as a mark of its label; faces that look alike to the network lie near each other.",
        on_pick=_pick_point,
    )
    placed = (
        "the run's seven logits (the logarithm of its probabilities)"
        if answers.evaluation.features is None
        else "what the network's last layer reads, its features"
    )
    st.caption(
        "Each mark is a face, in the colour and shape of its label; the strong ones were read wrongly. What "
        f"is placed, by {method}, is {placed}: faces that look alike to the network lie near each other. "
        "Click on one to see it; by keyboard, its row below."
    )
    first, last = int(answers.rows.min()), int(answers.rows.max())
    row = st.number_input("Row", first, last, None, key="row", width=180, placeholder=f"{first} to {last}")
    if row is not None:
        st.button("Open", on_click=open_face, args=(int(row),), icon=":material/person_search:")


def _pick_point(point: Mapping[str, Any]) -> None:
    row = point["customdata"]
    open_face(int(row[0] if isinstance(row, list) else row))


@st.cache_data(show_spinner=False, max_entries=8)
def _points(run_path: Path, changed: float, split: str, method: str, _answers: Answers) -> Points:
    return place(_answers.evaluation, method)


with page("Errors"):
    main()
