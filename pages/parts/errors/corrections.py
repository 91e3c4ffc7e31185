"""What a visitor says of images: new labels, tags and notes, kept from one visit to the next.

They lie in a CSV of the user's data folder, one a data set, named by the data's fingerprint. Where strangers
can reach the app, and where that file cannot be written, they are kept in the session alone: the panel says
so, and hands them out.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from fer_core.datasets import ALL, Dataset, fingerprint
from fer_core.datasets.label_corrections import (
    LabelCorrection,
    format_corrections,
    load_corrections,
    parse_corrections,
    save_corrections,
)
from fer_core.datasets.table import Table
from fer_core.errors import DataError, reason
from fer_core.formats import escape_markdown, format_list
from fer_core.paths import labels_folder
from pages.parts.connect import Data
from pages.parts.doors import is_public
from pages.parts.formats import counted

KEPT = "kept corrections"  # in the session: fingerprint -> Corrections
TAGS = {"unclear": "U", "no face": "F", "look again": "L"}  # a tag, and the key that sets it
LARGEST_MB = 10
NAME = "labels.csv"
Lines = dict[int, LabelCorrection]  # by row


@dataclass(frozen=True)
class Corrections:
    """What is said of the images of one data set.

    Attributes:
        lines: by row.
        place: the file that holds them; None while they are kept in the session alone.
        problem: why that is so, where the file should hold them.
    """

    lines: Lines
    place: Path | None = None
    problem: str = ""


def corrections_of(data: Data) -> Corrections:
    """What is said of the images of a copy, at this moment."""
    key = _fingerprint(data.table, data.key)
    kept = st.session_state.setdefault(KEPT, {})
    if key in kept:
        return kept[key]
    if is_public():
        return Corrections({})
    place = labels_folder() / f"{key[:16]}.csv"
    try:
        lines = load_corrections(place).lines if place.exists() else ()
    except DataError as error:  # kept as it is: somebody may want to mend it
        return Corrections({}, None, f"What was corrected earlier cannot be read: {error}")
    return Corrections({line.row: line for line in lines}, place)


@st.cache_data(show_spinner=False, max_entries=4)
def _fingerprint(_table: Table, key: str) -> str:
    return fingerprint(Dataset(_table.images, _table.labels, np.arange(len(_table)), ALL))


def correct(data: Data, row: int, **changes: Any) -> None:
    """Change what is said of one image (``new``, ``tag`` or ``note``): for a widget to call."""
    lines = dict(corrections_of(data).lines)
    line = lines.pop(row, LabelCorrection(row, int(data.table.labels[row])))
    line = dataclasses.replace(line, **changes)
    if line.new is not None or line.tag or line.note:
        lines[row] = line
    _keep(data, lines)


def _keep(data: Data, lines: Lines) -> None:
    """Write them to their file, or keep them in the session."""
    found = corrections_of(data)
    problem = found.problem
    if found.place is not None:
        try:
            save_corrections(found.place, lines.values())
            return
        except OSError as error:
            problem = f"{found.place} cannot be written: {reason(error)}."
    st.session_state[KEPT][_fingerprint(data.table, data.key)] = Corrections(lines, None, problem)


def summary_of(found: Corrections) -> str:
    """``"2 new labels, 1 tag"``."""
    lines = found.lines.values()
    counts = {
        "new label": sum(line.changes for line in lines),
        "confirmed label": sum(line.new == line.old for line in lines),
        "tag": sum(bool(line.tag) for line in lines),
        "note": sum(bool(line.note) for line in lines),
    }
    said = [counted(count, noun) for noun, count in counts.items() if count]
    return format_list(said) if said else "none yet"


def show_corrections(data: Data | None) -> None:
    """A button that opens what was said so far: how much, where it lies, and the ways out and in."""
    if data is None:
        return
    found = corrections_of(data)
    count = f" ({len(found.lines):,})" if found.lines else ""
    with st.popover(f"Corrections{count}", icon=":material/edit_note:"):
        st.markdown(f"**Corrections**: {summary_of(found)}.")
        if found.problem:
            st.warning(escape_markdown(found.problem), icon=":material/edit_off:")
        st.caption(_where(found))
        st.download_button(
            "As CSV",
            lambda: format_corrections(found.lines.values()),
            NAME,
            "text/csv",
            icon=":material/download:",
            on_click="ignore",
            disabled=not found.lines,
            key="corrections as CSV",
        )
        st.code(f"fer train RECIPE --data PATH --labels {NAME}", language="bash", wrap_lines=True)
        st.caption("This trains with the new labels of Training images; `fer evaluate` takes the others.")
        _ask_file(data)
        if found.lines:
            st.button(
                "Remove all", on_click=_keep, args=(data, {}), type="tertiary", icon=":material/delete:"
            )


def _where(found: Corrections) -> str:
    if found.place is not None:
        return f"Kept on the computer that runs this app, in {escape_markdown(found.place)}."
    return "Kept until you close this page: save them as CSV, and open that the next time."


def _ask_file(data: Data) -> None:
    """Take up corrections from a CSV, over those of the same rows."""
    file = st.file_uploader("Add from a CSV", ["csv"], max_upload_size=LARGEST_MB, key="corrections from")
    if file is None or st.session_state.get("corrections taken") == file.file_id:
        return
    try:
        lines = parse_corrections(file.getvalue(), file.name)
        lines.check(np.arange(len(data.table)), data.table.labels)
    except DataError as error:
        st.error(escape_markdown(error), icon=":material/edit_off:")
        return
    st.session_state["corrections taken"] = file.file_id
    _keep(data, corrections_of(data).lines | {line.row: line for line in lines.lines})
    st.rerun()
