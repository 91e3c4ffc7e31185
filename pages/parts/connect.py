"""The user's own FER2013 and FER+ votes, connected once a session and shared by the pages that show faces.

FER2013 is for research and no part of this project, so every such page also works without it. A copy comes
from the environment variable FER2013_PATH, from data/ where ``fer data get`` puts it, or from the box that
``connect_data`` draws; the votes from beside it, or from the same box.
"""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from fer_core.datasets import DataReport, check_fer2013, fetch_fer2013, load_ferplus
from fer_core.datasets.fer2013 import find_source, load_table
from fer_core.datasets.table import Table
from fer_core.errors import DataError, FerError
from fer_core.formats import escape_markdown
from pages.parts.formats import counted

FETCHED = Path("data")  # where the command line puts it too
VOTES_NAME = "fer2013new.csv"
LARGEST_MB = 500  # fer2013.csv has 301
WAYS = ("Path", "Upload", "Kaggle")
FACES_AT, VOTES_AT = "fer2013 at", "fer+ at"  # the session remembers a path under each


@dataclass(frozen=True)
class Data:
    """A connected copy.

    Attributes:
        table: every face, in the order of the source.
        key: changes with the source; what pages compute from the table is kept under it.
        votes: (N, 10) uint8, the FER+ votes on each face; None where they are not connected.
    """

    table: Table
    key: str
    votes: npt.NDArray[np.uint8] | None


def find_data() -> Data | None:
    """The copy that this session has connected, or None; one that cannot be read gets its sentence."""
    source = _source()
    if source is None:
        return None
    try:
        table, key = _read(source)
    except DataError as error:
        st.error(escape_markdown(error), icon=":material/database_off:")
        return None
    return Data(table, key, _find_votes(table))


def connect_data(data: Data | None) -> None:
    """Say what is connected, or draw the box that connects it; the same for the votes."""
    if data is None:
        _offer_faces()
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        votes = "with FER+ annotations" if data.votes is not None else "without FER+ annotations"
        name = escape_markdown(data.table.source.name)
        st.caption(f"Images from {name}: {counted(len(data.table), 'image')}, {votes}.", width="content")
        st.button("Disconnect", on_click=_forget, type="tertiary", icon=":material/link_off:")
    for note in data.table.notes:
        st.text(note)  # as text: it holds names of folders and files
    if data.votes is None:
        _offer_votes(data.table)


@st.cache_data(show_spinner="Looking for duplicates", max_entries=4)
def read_report(_table: Table, key: str) -> DataReport:
    """What ``check_fer2013`` says of a connected copy."""
    return check_fer2013(_table.source, cache=not _is_upload(_table.source))


def _source() -> Path | None:
    if FACES_AT in st.session_state:  # None once the user has disconnected it
        return st.session_state[FACES_AT]
    if path := os.environ.get("FER2013_PATH"):
        return Path(path)
    fetched = FETCHED / "fer2013.csv"
    return fetched if fetched.is_file() else None


def _forget() -> None:
    st.session_state[FACES_AT] = st.session_state[VOTES_AT] = None


def _read(path: Path) -> tuple[Table, str]:
    """The table at a path and its key, from memory if the path has not changed."""
    try:
        source = find_source(Path(os.path.expanduser(path)))
        stamp = source.stat().st_mtime
    except (OSError, ValueError) as error:  # a path may hold what no file system takes
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} must be readable. Received: {error}.") from None
    with st.spinner(f"Reading {escape_markdown(source.name)}", show_time=True):
        return _load(source, stamp), f"{source} {stamp}"


@st.cache_resource(show_spinner=False, max_entries=2)
def _load(source: Path, stamp: float) -> Table:
    return load_table(source, cache=not _is_upload(source))


def _find_votes(table: Table) -> npt.NDArray[np.uint8] | None:
    """The votes that the user named, else those beside the faces; None where they do not fit."""
    if not table.has_rows:
        return None
    named = st.session_state.get(VOTES_AT)
    beside = table.source.parent / VOTES_NAME
    path = named or (beside if beside.is_file() else None)
    if path is None:
        return None
    try:
        return _load_votes(path, path.stat().st_mtime, len(table))
    except (FerError, OSError) as error:
        st.warning(escape_markdown(error), icon=":material/how_to_vote:")
        return None


@st.cache_resource(show_spinner=False, max_entries=2)
def _load_votes(path: Path, stamp: float, count: int) -> npt.NDArray[np.uint8]:
    return load_ferplus(path, np.arange(count)).counts


def _offer_faces() -> None:
    with st.container(border=True):
        st.markdown(
            "**Connect FER2013 to see its images.** They are for research and not part of this project: "
            "use your own copy. It stays on the computer that runs this app."
        )
        way = st.segmented_control("From", WAYS, default=WAYS[0], required=True, key="connect from")
        {"Path": _ask_path, "Upload": _ask_upload, "Kaggle": _ask_kaggle}[way]()


def _ask_path() -> None:
    with st.form("connect by path", border=False):
        path = st.text_input(
            "fer2013.csv, icml_face_data.csv, an .npz, Parquet or a folder tree; or a folder or .zip of one",
            placeholder="/home/you/fer2013.csv",
        )
        asked = st.form_submit_button("Connect", type="primary", icon=":material/link:")
    if not asked:
        return
    if not path.strip():
        st.error("The path of FER2013 is needed, for example /home/you/fer2013.csv. Received: nothing.")
        return
    _connect(Path(path.strip().strip("\"'")))


def _ask_upload() -> None:
    file = st.file_uploader(
        "A CSV (also .gz or .zip), .npz or Parquet file; it is kept in a temporary folder until the app ends",
        ["csv", "gz", "zip", "npz", "parquet"],
        max_upload_size=LARGEST_MB,
        key="connect upload",
    )
    if file is not None:
        _connect(_keep(file))


def _ask_kaggle() -> None:
    st.caption(f"kagglehub downloads fer2013.csv into `{FETCHED}/`. Nothing else on this page goes online.")
    if not st.button("Download from Kaggle", type="primary", icon=":material/download:"):
        return
    try:
        with st.spinner("Downloading FER2013; the terminal shows the progress", show_time=True):
            path = fetch_fer2013(FETCHED)
    except FerError as error:
        st.error(escape_markdown(error), icon=":material/cloud_off:")
        return
    _connect(path)


def _connect(path: Path) -> None:
    """Remember the path if FER2013 can be read there, else say why not."""
    try:
        _read(path)
    except DataError as error:
        st.error(escape_markdown(error), icon=":material/database_off:")
        return
    st.session_state[FACES_AT] = path
    st.rerun()


def _offer_votes(table: Table) -> None:
    with st.expander("Connect the FER+ annotations (ten votes per image)", icon=":material/how_to_vote:"):
        if not table.has_rows:
            st.markdown(
                "They are matched by the rows of fer2013.csv, so they fit neither folders nor Parquet."
            )
            return
        file = st.file_uploader(
            "fer2013new.csv, from github.com/microsoft/FERPlus", ["csv"], key="connect votes"
        )
        if file is None:
            return
        try:
            path = _keep(file)
            load_ferplus(path, np.arange(len(table)))
        except DataError as error:
            st.error(escape_markdown(str(error).replace(str(path), file.name)), icon=":material/how_to_vote:")
            return
        st.session_state[VOTES_AT] = path
        st.rerun()


@st.cache_resource(show_spinner=False)
def _uploads() -> tempfile.TemporaryDirectory:
    """Gone when the app ends."""
    return tempfile.TemporaryDirectory(prefix="fer-uploads-")


def _is_upload(path: Path) -> bool:
    return Path(_uploads().name) in path.parents


def _keep(file: UploadedFile) -> Path:
    """An upload as a file: from here on it is a path like any other."""
    content = file.getbuffer()
    folder = Path(_uploads().name) / hashlib.sha256(content).hexdigest()[:16]
    folder.mkdir(exist_ok=True)
    path = folder / Path(file.name).name
    if not path.is_file() or path.stat().st_size != len(content):
        path.write_bytes(content)
    return path
