"""The user's own FER2013 and FER+ votes, connected once and shared by the pages that show faces.

FER2013 is for research and no part of this project, so every such page also works without it. A copy comes
from the environment variable FER2013_PATH, from data/ where ``fer data get`` puts it, or from the box that
``connect_data`` draws; the votes from beside it, or from the same box. What was connected by path is
remembered until the server ends, unless strangers can reach it; an upload lasts as long as its session.
"""

import os
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
from pages.parts.doors import check_path, is_public, may_name_paths
from pages.parts.formats import counted
from pages.parts.uploads import delete_uploads, is_upload, keep_upload, let_go, may_use

FETCHED = Path("data")  # where the command line puts it too
VOTES_NAME = "fer2013new.csv"
LARGEST_MB, LARGEST_VOTES_MB = 500, 25  # fer2013.csv has 301, fer2013new.csv 2
PATH, UPLOAD, KAGGLE = "Path", "Upload", "Kaggle"
FACES, VOTES = "fer2013 at", "fer+ at"  # a path is remembered under each


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
        _remembered().pop(FACES, None)
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
    return check_fer2013(_table.source, cache=not is_upload(_table.source))


def _source() -> Path | None:
    if FACES in st.session_state:  # None once the user has disconnected it
        return st.session_state[FACES]
    if not is_public() and FACES in _remembered():
        return _remembered()[FACES]
    if path := os.environ.get("FER2013_PATH"):
        return Path(path)
    fetched = FETCHED / "fer2013.csv"
    return fetched if not is_public() and fetched.is_file() else None


@st.cache_resource(show_spinner=False)
def _remembered() -> dict[str, Path]:
    """What was connected by path: for every session of a server that no stranger reaches."""
    return {}


def _remember(what: str, path: Path) -> None:
    st.session_state[what] = path
    if not is_public() and not is_upload(path):
        _remembered()[what] = path


def _forget() -> None:
    st.session_state[FACES] = st.session_state[VOTES] = None
    _remembered().clear()
    _load_upload.clear()
    delete_uploads()


def _read(path: Path) -> tuple[Table, str]:
    """The table at a path and its key, from memory if the path has not changed."""
    if is_upload(path) and not path.exists():  # Streamlit has let go of the session in between
        raise DataError(
            "The uploaded FER2013 was deleted when the page lost its connection: upload it again."
        )
    try:
        source = find_source(Path(os.path.expanduser(path)))
        stamp = source.stat().st_mtime
    except (OSError, ValueError) as error:  # a path may hold what no file system takes
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} must be readable. Received: {error}.") from None
    load = _load_upload if is_upload(source) else _load
    with st.spinner(f"Reading {escape_markdown(source.name)}", show_time=True):
        return load(source, stamp), f"{source} {stamp}"


@st.cache_resource(show_spinner=False, max_entries=2)
def _load(source: Path, stamp: float) -> Table:
    return load_table(source)


@st.cache_resource(show_spinner=False, max_entries=1, scope="session")
def _load_upload(source: Path, stamp: float) -> Table:
    return load_table(source, cache=False)


def _find_votes(table: Table) -> npt.NDArray[np.uint8] | None:
    """The votes that the user named, else those beside the faces; None where they do not fit."""
    if not table.has_rows:
        return None
    named = st.session_state.get(VOTES) or (None if is_public() else _remembered().get(VOTES))
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
        asks = {PATH: _ask_path, UPLOAD: _ask_upload, KAGGLE: _ask_kaggle}
        asks[_pick_way([PATH] * may_name_paths() + [UPLOAD] + [KAGGLE] * (not is_public()), "connect from")]()
        st.caption("The environment variable `FER2013_PATH` connects it whenever the app is started.")


def _pick_way(ways: list[str], key: str) -> str:
    if len(ways) == 1:
        return ways[0]
    return st.segmented_control("From", ways, default=ways[0], required=True, key=key)


def _ask_path() -> None:
    path = _pick_path(
        "fer2013.csv, icml_face_data.csv, an .npz, Parquet or a folder tree; or a folder or .zip of one",
        "fer2013.csv",
    )
    if path is not None:
        _connect(path)


def _pick_path(label: str, name: str) -> Path | None:
    """The path that was typed, or None; one that may not be read gets its sentence."""
    with st.form(f"connect {name} by path", border=False):
        text = st.text_input(label, placeholder=f"/home/you/{name}")
        asked = st.form_submit_button("Connect", type="primary", icon=":material/link:")
    if not asked:
        return None
    if not text.strip():
        st.error(f"A path is needed, for example /home/you/{name}. Received: nothing.")
        return None
    try:
        return check_path(text)
    except DataError as error:
        st.error(escape_markdown(error), icon=":material/database_off:")
        return None


def _ask_upload() -> None:
    file = st.file_uploader(
        "A CSV (also .gz or .zip), .npz or Parquet file; deleted when you disconnect it or close the page",
        ["csv", "gz", "zip", "npz", "parquet"],
        max_upload_size=LARGEST_MB,
        key="connect upload",
    )
    if may_use(file, LARGEST_MB):
        _connect(keep_upload(file), file)


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


def _connect(path: Path, upload: UploadedFile | None = None) -> None:
    """Remember the path if FER2013 can be read there, else say why not."""
    try:
        _read(path)
    except DataError as error:
        _say(error, path, icon=":material/database_off:")
        return
    _remember(FACES, path)
    if upload is not None:
        let_go(upload)
    st.rerun()


def _say(error: DataError, path: Path, *, icon: str) -> None:
    """What is wrong with a file; an upload is called by its own name."""
    words = str(error).replace(str(path), path.name) if is_upload(path) else str(error)
    st.error(escape_markdown(words), icon=icon)


def _offer_votes(table: Table) -> None:
    with st.expander("Connect the FER+ annotations (ten votes per image)", icon=":material/how_to_vote:"):
        if not table.has_rows:
            st.markdown(
                "They are matched by the rows of fer2013.csv, so they fit neither folders nor Parquet."
            )
            return
        label = "fer2013new.csv, from github.com/microsoft/FERPlus"
        if _pick_way([PATH] * may_name_paths() + [UPLOAD], "connect votes from") == PATH:
            path = _pick_path(label, VOTES_NAME)
        else:
            file = st.file_uploader(label, ["csv"], max_upload_size=LARGEST_VOTES_MB, key="connect votes")
            path = keep_upload(file) if may_use(file, LARGEST_VOTES_MB) else None
        if path is None:
            return
        try:
            load_ferplus(path, np.arange(len(table)))
        except DataError as error:
            _say(error, path, icon=":material/how_to_vote:")
            return
        _remember(VOTES, path)
        st.rerun()
