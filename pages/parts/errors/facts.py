"""What is known of one image of a split, in sentences."""

import numpy as np
import numpy.typing as npt
import streamlit as st

from fer_core.datasets import SPLITS, group_identical
from fer_core.datasets.table import Table
from fer_core.emotions import EMOTION_LABELS, EMOTIONS
from fer_core.formats import format_percent
from pages.parts.errors.gallery import Faces
from pages.parts.formats import counted, emotion_name


def list_facts(faces: Faces, position: int) -> list[str]:
    """A sentence each, as Markdown."""
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
        facts.append(_vote_fact(predictions.votes[position], int(predictions.first_choice[position]), label))
    return facts + _duplicate_facts(faces, position)


def _vote_fact(votes: npt.NDArray[np.uint8], choice: int, label: int) -> str:
    """With how many of the annotators, who need not be the majority."""
    if choice < 0:
        return "FER+: no emotion has most votes"
    agree = "as labelled" if choice == label else "not as labelled"
    chosen = f"{votes.max()} of {votes.sum()} annotators chose **{emotion_name(EMOTIONS[choice])}**"
    return f"FER+: {chosen}, {agree}"


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
